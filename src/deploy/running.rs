//! The Alloy that runs: made to read its files again, and looked at until it does what it should.

use std::thread;
use std::time::{Duration, Instant};

use crate::host::alloy_http::{self, Answers, Patience, Reload, Server};
use crate::host::components::components;
use crate::host::delivery::delivery;
use crate::host::running::running;
use crate::host::{Seen, service};
use crate::system::{AlloyHttp, Programs, System};
use crate::validate::Reloading;

/// How often the running Alloy is looked at while it is waited for.
const INTERVAL: Duration = Duration::from_millis(500);

/// The program that a change is for.
pub trait RunningSender {
    /// Makes it read its files again.
    ///
    /// # Errors
    /// It refuses them; the text says why.
    fn reload(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String>;

    /// Looks whether it does what it should.
    ///
    /// # Errors
    /// It does not; the text says what is missing.
    fn verify(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String>;
}

/// None runs here: the files are there for when it starts.
pub struct NotRunning {
    /// Why there is none.
    pub reason: String,
}

/// The Alloy of this system.
pub struct Live<'a> {
    /// This system.
    pub system: &'a System,
    /// What can be run on it.
    pub programs: &'a dyn Programs,
    /// The right to ask its Alloy.
    pub alloy: AlloyHttp,
    /// Alloy's unit.
    pub unit: &'a str,
    /// Alloy's HTTP server.
    pub server: Server,
    /// Whether its command line is stale, so that only a restart helps.
    pub restart: bool,
    /// Whether it is left alone over HTTP, so that nothing is verified.
    pub unasked: bool,
    /// What it should do afterwards.
    pub expected: Expected,
}

/// What the running Alloy should do.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The hash of what it should have read.
    pub hash: Option<String>,
    /// The components that should run and be healthy.
    pub components: Vec<String>,
    /// How long they may take to.
    pub patience: Duration,
    /// How long the first delivery may take; none: it is not waited for.
    pub delivery: Option<Duration>,
    /// What it does with its files when it reads them again.
    pub reloading: Option<Reloading>,
}

impl Expected {
    /// Why it must not be signalled to read its files again: it would be its end.
    pub fn ends_by_signal(&self) -> Option<&'static str> {
        (self.reloading == Some(Reloading::Panic))
            .then_some("Alloy's files hold what it crashes on: a reload by systemd would end it")
    }

    /// Why it must not be restarted: it would not come back.
    pub fn ends_by_restart(&self) -> Option<&'static str> {
        self.reloading
            .is_some_and(|it| it != Reloading::Applied)
            .then_some("Alloy's files hold what it does not start with: a restart would end it")
    }
}

impl RunningSender for NotRunning {
    fn reload(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String> {
        say(&format!("nothing to reload: {}", self.reason));
        Ok(())
    }

    fn verify(&mut self, _say: &mut dyn FnMut(&str)) -> Result<(), String> {
        Ok(())
    }
}

impl RunningSender for Live<'_> {
    fn reload(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String> {
        if std::mem::take(&mut self.restart) {
            refuse(self.expected.ends_by_restart())?;
            systemctl(self.programs, "restart", self.unit)?;
            say(&format!("restarted {}", self.unit));
            return Ok(());
        }
        if self.unasked {
            refuse(self.expected.ends_by_signal())?;
            systemctl(self.programs, "reload", self.unit)?;
            say(&format!(
                "requested a reload of {} from systemd, which succeeds in any case",
                self.unit
            ));
            return Ok(());
        }
        match alloy_http::reload(self.alloy, &self.server, Duration::from_secs(30)) {
            Reload::Done => {
                say("Alloy reloaded its files");
                Ok(())
            }
            Reload::Refused(why) => Err(format!("Alloy refuses to reload: {why}")),
            Reload::Unanswered(why) => {
                say(&why);
                refuse(self.expected.ends_by_signal())?;
                systemctl(self.programs, "reload", self.unit)?;
                // systemd's answer says nothing about the files: only a look at Alloy does.
                say(&format!("requested a reload of {} from systemd", self.unit));
                Ok(())
            }
        }
    }

    fn verify(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String> {
        if self.unasked {
            say(&format!(
                "not verified: `journalctl -u {}` tells whether Alloy took it",
                self.unit
            ));
            return Ok(());
        }
        let answers = self.wait(self.expected.patience, |answers| self.expected.fault(answers))?;
        say(&format!("verified: hash, {} components healthy", self.expected.components.len()));
        let Some(patience) = self.expected.delivery else { return Ok(()) };
        let is_ours = |component: &str| self.expected.components.iter().any(|it| it == component);
        let before = accepted(&answers, is_ours);
        self.wait(patience, |answers| match delivery(answers) {
            Err(why) => Some(why),
            Ok(_) if accepted(answers, is_ours) > before => None,
            Ok(queues) => {
                let failed: u64 = queues.iter().map(|queue| queue.failed).sum();
                let retried: u64 = queues.iter().map(|queue| queue.retried).sum();
                Some(format!("no sample was accepted ({failed} refused, {retried} repeated)"))
            }
        })?;
        say("verified: samples are delivered");
        Ok(())
    }
}

impl Live<'_> {
    /// Looks again and again until nothing is wrong, and says what still is when time is up.
    fn wait(
        &self,
        patience: Duration,
        fault: impl Fn(&Answers) -> Option<String>,
    ) -> Result<Answers, String> {
        let look = || alloy_http::answers(self.system, &self.server, Patience::default());
        wait(look, patience, fault)
    }
}

/// What is wrong at a look at a running sender.
pub(super) enum Wrong {
    /// It may become right.
    Yet(String),
    /// It stays as it is.
    ForGood(String),
}

impl From<String> for Wrong {
    fn from(what: String) -> Wrong {
        Wrong::Yet(what)
    }
}

/// Looks again and again until nothing is wrong, and says what still is when time is up, or as soon
/// as it stays so.
pub(super) fn wait<W: Into<Wrong>>(
    look: impl Fn() -> Seen<Answers>,
    patience: Duration,
    fault: impl Fn(&Answers) -> Option<W>,
) -> Result<Answers, String> {
    let end = Instant::now() + patience;
    loop {
        let wrong = match look() {
            Seen::Known(answers) => match fault(&answers).map(W::into) {
                None => return Ok(answers),
                Some(Wrong::Yet(wrong)) => wrong,
                Some(Wrong::ForGood(wrong)) => return Err(wrong),
            },
            Seen::Hidden(hidden) => hidden.reason,
            Seen::NotRecorded => return Err("nothing runs here that could be asked".to_owned()),
        };
        if Instant::now() >= end {
            return Err(wrong);
        }
        thread::sleep(INTERVAL);
    }
}

impl Expected {
    /// What is not as it should be.
    fn fault(&self, answers: &Answers) -> Option<String> {
        let now = match running(answers) {
            Ok(now) => now,
            Err(why) => return Some(why),
        };
        if let Some(hash) = &self.hash
            && now.config_hash.as_ref() != Some(hash)
        {
            return Some("Alloy has not read the files that are on disk".to_owned());
        }
        if now.last_load_successful == Some(false) {
            return Some("Alloy could not load the files".to_owned());
        }
        let found = match components(answers) {
            Ok(found) => found,
            Err(why) => return Some(why),
        };
        self.components.iter().find_map(|id| {
            match found.iter().find(|component| component.id == *id) {
                None => Some(format!("`{id}` does not run")),
                Some(component) if component.health != "healthy" => {
                    Some(format!("`{id}` is {}: {}", component.health, component.message))
                }
                Some(_) => None,
            }
        })
    }
}

/// How many samples certainly arrived of the remote writes that count.
pub(super) fn accepted(answers: &Answers, counts: impl Fn(&str) -> bool) -> u64 {
    let queues = delivery(answers).unwrap_or_default();
    let ours = queues.iter().filter(|queue| counts(&queue.component));
    ours.map(|queue| queue.accepted).sum()
}

fn refuse(why: Option<&str>) -> Result<(), String> {
    why.map_or(Ok(()), |why| Err(why.to_owned()))
}

pub(super) fn systemctl(programs: &dyn Programs, verb: &str, unit: &str) -> Result<(), String> {
    let limit = Duration::from_secs(120);
    match service::systemctl(programs, &[verb, "--", unit], limit) {
        Ok(_) => Ok(()),
        Err(hidden) => Err(format!("systemctl {verb} {unit}: {}", hidden.reason)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use super::*;
    use crate::host::alloy_http::Address;
    use crate::system::Ran;

    /// Keeps what it is asked to run.
    #[derive(Debug, Default)]
    struct Noted(Mutex<Vec<String>>);

    impl Programs for Noted {
        fn run(&self, program: &str, arguments: &[&str], _limit: Duration) -> io::Result<Ran> {
            let line = format!("{program} {}", arguments.join(" "));
            self.0.lock().unwrap().push(line);
            Ok(Ran { is_success: true, ..Ran::default() })
        }
    }

    fn run(reloading: Reloading, restart: bool, unasked: bool) -> (bool, Vec<String>) {
        let (system, programs) = (System::live(), Noted::default());
        let mut alloy = Live {
            system: &system,
            programs: &programs,
            alloy: system.alloy_http().unwrap(),
            unit: "alloy.service",
            // Nobody listens on port 1, so that a reload over HTTP is not answered.
            server: Server {
                address: Address::Tcp(([127, 0, 0, 1], 1).into()),
                ..Server::default()
            },
            restart,
            unasked,
            expected: Expected { reloading: Some(reloading), ..Expected::default() },
        };
        let is_ok = alloy.reload(&mut |_| {}).is_ok();
        (is_ok, programs.0.into_inner().unwrap())
    }

    #[test]
    fn no_signal_is_sent_that_would_end_alloy() {
        for unasked in [true, false] {
            let sent = run(Reloading::Partly, false, unasked);
            assert_eq!(sent, (true, vec!["systemctl reload -- alloy.service".to_owned()]));
            assert_eq!(run(Reloading::Panic, false, unasked), (false, Vec::new()));
        }
        assert_eq!(run(Reloading::Partly, true, false), (false, Vec::new()));
        assert!(run(Reloading::Applied, true, false).0);
    }
}
