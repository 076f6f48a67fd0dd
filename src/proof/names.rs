//! What a sender's components and places are called.

use super::path::Path;
use super::place::{ComponentId, Place};
use crate::source::At;

/// The names of one sender's configuration.
pub trait Names {
    /// The full name of a component, as the sender itself reports it.
    fn full_id(&self, id: ComponentId) -> String;

    /// Where a component's name stands.
    fn header(&self, id: ComponentId) -> Place;

    /// The place on a path where a label of all its series can be set.
    fn setter(&self, path: &Path) -> Place;

    /// A place as file, line and column.
    fn at(&self, place: Place) -> Option<At>;
}
