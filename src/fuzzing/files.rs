//! Files that people write: settings, checks, units.

use alloy_grammar::{parser, printer};
use camino::Utf8Path;

use crate::agent::Settings;
use crate::checks::engine::{self, Engine, Variables};
use crate::checks::execution::{self, Input};
use crate::checks::waivers::Waivers;
use crate::checks::{lint, load};
use crate::fuzzing::{parts, system};
use crate::generate::{Layout, Plan, Template};
use crate::installation::{Installation, Wanted};
use crate::prometheus::{self, Version};
use crate::site::Site;
use crate::source::Source;
use crate::system::System;

/// agent.yaml as it comes.
pub(super) fn agent_yaml(input: &[u8]) {
    if let Some(host) = system(&[("/etc/trento/agent.yaml", input)]) {
        settings(&host);
    }
}

/// The settings of a host: what they generate parses, and is printed the same again.
pub(super) fn settings(host: &System) {
    let settings = Settings::of_service(host);
    for template in Template::ALL {
        let Ok(checked) = Plan::checked(&settings, *template) else { continue };
        for layout in [Layout::Plain, Layout::Module] {
            let text = printer::print(&checked.plan.file(layout));
            let parsed = parser::parse(text.as_bytes());
            assert!(parsed.errors.is_empty(), "what is generated does not parse");
            assert_eq!(printer::print(&parsed.file), text);
        }
    }
}

/// A check file: linted, and evaluated without any fact.
pub(super) fn check_yaml(input: &[u8]) {
    let text = String::from_utf8_lossy(input).into_owned();
    let checks = [load::source(Source::new("check.yaml", text))];
    lint::lint(&checks);
    execution::evaluate(&checks[0], &Input::default());
}

/// An expression of a check.
pub(super) fn rhai(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    engine::on_a_large_stack(|| {
        Engine::shared().start_check();
        Engine::shared().eval(&text, &Variables::new()).ok();
    });
}

/// A unit, a drop-in and an environment file: how Alloy is started by them.
pub(super) fn unit(input: &[u8]) {
    let [unit, drop_in, environment] = parts(input);
    let host = system(&[
        ("/usr/lib/systemd/system/alloy.service", unit),
        ("/etc/systemd/system/alloy.service.d/a.conf", drop_in),
        ("/etc/sysconfig/alloy", environment),
        ("/etc/alloy/config.alloy", b""),
    ]);
    if let Some(host) = host {
        let installation = Installation::of(&host, Wanted::default());
        installation.merge_set();
        installation.levels();
    }
}

/// A file of waivers.
pub(super) fn waivers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    Waivers::parse("waivers.yaml", &text).ok();
    Site::parse(&text).ok();
}

/// A configuration of Prometheus, for an old version and a new one.
pub(super) fn prometheus_yml(input: &[u8]) {
    let Some(host) = system(&[]) else { return };
    for version in ["2.53.0", "3.5.0"] {
        let version = Version::parse(version).expect("it is one");
        let path = Utf8Path::new("/etc/prometheus/prometheus.yml");
        prometheus::promtool(&host.files, path, input, &version);
        prometheus::start(&host.files, path, input, &version);
    }
}
