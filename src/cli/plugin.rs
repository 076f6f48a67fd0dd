//! Being a plugin of trento-agent: not a subcommand, but another way to be started.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use crate::facts::{self, Host, Options};
use crate::installation::{Installation, Wanted};
use crate::plugin::{COOKIE, COOKIE_VALUE, GatherError, Gathered, Gathering, Serve, run};
use crate::system::System;

/// The file name by which the agent calls the gatherer.
const GATHERER: &str = "alloy";

/// Serves facts if the agent started us. None where we were started for anything else.
pub fn begin() -> Option<ExitCode> {
    let variable = |name: &str| std::env::var_os(name)?.into_string().ok();
    if variable(COOKIE).as_deref() == Some(COOKIE_VALUE) {
        std::panic::set_hook(Box::new(log_panic));
        let ended = run(&variable, Arc::new(Facts), &mut io::stdout(), Box::new(io::stderr()));
        return Some(ExitCode::from(ended.code()));
    }
    let name = std::env::args_os().next()?;
    if Path::new(&name).file_name()? != GATHERER {
        return None;
    }
    // Nobody can be told that standard error cannot be written.
    let _ = writeln!(
        io::stderr(),
        "this `{GATHERER}` is trento-alloy as a plugin of trento-agent, which the agent starts \
         itself; for the command line call it `trento-alloy`, and Grafana Alloy lies elsewhere"
    );
    Some(ExitCode::FAILURE)
}

/// Tells the agent's log where a panic was. What it said is left out unless it is a text of the
/// program's own: it could hold a value.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let what = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(withheld)");
    let what = what.replace(char::is_control, " ");
    let _ = writeln!(io::stderr(), "[ERROR] alloy: fault at {place}: {what}");
}

/// The facts of this host.
struct Facts;

impl Serve for Facts {
    fn arguments(&self) -> Vec<String> {
        facts::GATHERERS.iter().map(|gatherer| gatherer.about().argument.to_owned()).collect()
    }

    fn gathering(&self, work: &mut dyn FnMut(&mut dyn Gathering)) {
        let system = System::live();
        let installation = Installation::of(&system, Wanted::default());
        work(&mut Moment(&Host::new(installation, Options::default())));
    }
}

/// The host at one moment.
struct Moment<'h>(&'h Host<'h>);

impl Gathering for Moment<'_> {
    fn gather(&mut self, argument: &str) -> Gathered {
        match facts::gather(self.0, argument) {
            facts::Gathered::Value(value) => Gathered::Value(Arc::unwrap_or_clone(value)),
            facts::Gathered::NotApplicable(why) => Gathered::NotApplicable(why),
            facts::Gathered::Error(error) => {
                Gathered::Error(GatherError::new(error.kind, error.message))
            }
        }
    }
}
