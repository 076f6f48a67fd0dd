//! A place in a configuration, as facts carry it.

use serde_json::{Value as Json, json};

use crate::source::At;

/// A place as JSON; null where there is none.
pub(super) fn place(at: Option<At>) -> Json {
    at.map_or(Json::Null, |at| json!(at))
}
