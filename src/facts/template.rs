//! `template`: which of Trento's templates the deployed pipeline was made from.

use serde_json::{Value as Json, json};

use crate::facts::drift::{Distance, Drift};
use crate::facts::{About, GatherError, Gatherer, Host};

/// The gatherer.
pub(super) struct Template;

const ABOUT: About = About {
    argument: "template",
    meaning: "The template that the Trento pipeline of this host is nearest to. It does not apply \
              where none of them is nearer than the others.",
    shape: r#""agent-3.1""#,
    live: false,
};

impl Gatherer for Template {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn applies(&self, host: &Host<'_>) -> Result<(), String> {
        Drift.applies(host)?;
        name(host).map(|_| ())
    }

    fn gather(&self, host: &Host<'_>) -> Result<Json, GatherError> {
        let name = name(host).map_err(|reason| GatherError::new("alloy-no-template", reason))?;
        Ok(json!(name))
    }
}

fn name(host: &Host<'_>) -> Result<&'static str, String> {
    let distances = host.distances();
    let nearest = distances.iter().min_by_key(|distance| distance.count);
    let Some(Distance { template, count, .. }) = nearest else {
        return Err("there is no pipeline that a template could have made".to_owned());
    };
    match distances.iter().filter(|other| other.count == *count).count() {
        1 => Ok(template.name()),
        _ => Err("the pipeline is as far from one template as from another".to_owned()),
    }
}
