//! `facts gather --sender prometheus-agent PATH`: what a file of Prometheus sends.

use std::io::Write;

use super::Gather;
use crate::cli::{Exit, Io};
use crate::error::{Error, Result};
use crate::prometheus::{Configuration, Surroundings, Version};
use crate::system::System;

pub(super) fn run(args: &Gather, system: &System, io: &mut Io<'_>) -> Result<Exit> {
    if args.argument != "series" {
        return Err(Error::Usage(format!(
            "the fact `{}` is not known for Prometheus; `series` is",
            args.argument
        )));
    }
    let [path] = args.paths.as_slice() else {
        return Err(Error::Usage("give the one file that Prometheus loads".to_owned()));
    };
    let version = match &args.prometheus_version {
        Some(version) => Version::parse(version)?,
        None => Version::NEWEST,
    };
    let bytes =
        system.files.read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let configuration = Configuration::read(&system.files, path, &bytes, &version)
        .map_err(|why| Error::Invalid(format!("Prometheus does not load this file: {why}")))?;
    let around = Surroundings {
        files: &system.files,
        variable: &|name| system.own_environment()?.get(name).cloned(),
        expands: version.is_at_least(3, 0).then_some(true),
    };
    let feed = match &args.url {
        Some(url) => configuration.feed_of_url(around, url),
        None => configuration.feed(around, None),
    };
    let value = configuration.series(&feed);
    serde_json::to_writer_pretty(&mut io.out, &value).map_err(|it| Error::Output(it.into()))?;
    writeln!(io.out).map_err(Error::Output)?;
    Ok(Exit::Clean)
}
