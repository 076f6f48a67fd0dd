//! Trento's part of the file of a Prometheus in agent mode: what a change of it means, and the
//! Prometheus that runs, made to take it.
//!
//! Writes nothing itself. A restart loses what waits to be sent, so there is none.

use std::time::Duration;

use crate::deploy::running::{RunningSender, Wrong, accepted, systemctl, wait};
use crate::deploy::state::Applied;
use crate::deploy::target::Target;
use crate::diagnostic::Severity;
use crate::diff::{Change, prometheus as difference};
use crate::generate::prometheus::{HEAD, JOB, WRITE};
use crate::host::Seen;
use crate::host::alloy_http::{Answers, Patience, Reload, Server};
use crate::host::delivery::delivery;
use crate::host::prometheus_http::{self, Running};
use crate::installation::Prometheus;
use crate::prometheus::{Configuration, Finding, Part, start};
use crate::secret::SecretNames;
use crate::system::{AlloyHttp, Programs, System};

/// What a change of the file would mean.
#[derive(Debug)]
pub struct Proposed {
    /// What would change in it, by meaning.
    pub changes: Vec<Change>,
    /// What of Trento's part was changed since it was applied, and would be lost.
    pub edits: Vec<Change>,
    /// Why Prometheus would not start with it.
    pub faults: Vec<Finding>,
    /// What it loads then; none where it would not load.
    pub after: Option<Configuration>,
    /// Whether nothing but Trento's part is in it then.
    pub is_empty_then: bool,
}

impl Proposed {
    /// Works out what it means to give the file this content.
    pub fn new(
        system: &System,
        prometheus: &Prometheus,
        target: &Target,
        content: &str,
        (applied, secrets): (&Applied, &mut SecretNames),
    ) -> Proposed {
        let read = |bytes: &[u8]| {
            let (files, path) = (&system.files, &target.path);
            let read = Configuration::read(files, path, bytes, &prometheus.version).ok();
            for used in read.iter().flat_map(Configuration::secrets) {
                if let Some(secret) = used.value {
                    system.secrets().register(secret.expose());
                }
            }
            read
        };
        let parts = |read: &Option<Configuration>| {
            read.as_ref().map(|read| read.parts(&system.files)).unwrap_or_default()
        };
        let old = target.before.as_ref().map_or(&b""[..], |before| &before.content);
        let after = read(content.as_bytes());
        let (before_parts, after_parts) = (parts(&read(old)), parts(&after));
        let changes = difference::compare(&before_parts, &after_parts, |_| true, secrets);
        let last = applied.content().filter(|_| applied.knows(old) == Some(false));
        let last = trentos(last.map(|last| parts(&read(last))).unwrap_or_default());
        let mut now = trentos(before_parts);
        now.retain(|part| last.iter().any(|known| known.id == part.id));
        let mut edits = match now.is_empty() {
            true => Vec::new(),
            false => difference::compare(&last, &now, |_| true, secrets),
        };
        edits.retain(|edit| {
            changes.iter().any(|also| also.component == edit.component && also.path == edit.path)
        });
        let found = start(&system.files, &target.path, content.as_bytes(), &prometheus.version);
        let errors = found.findings.into_iter().filter(|(how, _)| *how == Severity::Error);
        Proposed {
            changes,
            edits,
            faults: errors.map(|(_, finding)| finding).collect(),
            is_empty_then: after_parts.iter().all(|part| part.component.is_none()),
            after,
        }
    }

    /// Whether a file is one for an instance of its own, so that all of it is Trento's.
    pub fn is_own_file(system: &System, prometheus: &Prometheus, target: &Target) -> bool {
        let Some(before) = &target.before else { return true };
        let text = String::from_utf8_lossy(&before.content);
        let (files, path) = (&system.files, &target.path);
        let read = Configuration::read(files, path, &before.content, &prometheus.version);
        text.starts_with(HEAD) && read.is_ok_and(|read| read.parts(files).iter().all(is_trentos))
    }
}

fn is_trentos(part: &Part) -> bool {
    part.component.is_some() && (part.name == JOB || part.name == WRITE)
}

fn trentos(mut parts: Vec<Part>) -> Vec<Part> {
    parts.retain(is_trentos);
    parts
}

/// The Prometheus of this system.
pub struct LivePrometheus<'a> {
    /// This system.
    pub system: &'a System,
    /// What can be run on it.
    pub programs: &'a dyn Programs,
    /// The right to ask its HTTP server.
    pub right: AlloyHttp,
    /// Its unit.
    pub unit: &'a str,
    /// Its HTTP server.
    pub server: Server,
    /// Whether it reloads when its server is asked to.
    pub by_http: bool,
    /// Whether it is left alone over HTTP, so that nothing is verified.
    pub unasked: bool,
    /// What it should run then.
    pub after: Option<&'a Configuration>,
    /// How long that may take.
    pub patience: Duration,
    /// How long the first delivery may take; none: it is not waited for.
    pub delivery: Option<Duration>,
    /// What it said of itself before it was asked to reload.
    pub before: Option<Running>,
}

impl RunningSender for LivePrometheus<'_> {
    fn reload(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String> {
        if !self.unasked {
            self.before = self.now();
        }
        if self.by_http && !self.unasked {
            match prometheus_http::reload(self.right, &self.server, Duration::from_secs(30)) {
                Reload::Done => {
                    say("Prometheus reloaded its file");
                    return Ok(());
                }
                Reload::Refused(why) => return Err(format!("Prometheus refuses to reload: {why}")),
                Reload::Unanswered(why) => say(&why),
            }
        }
        systemctl(self.programs, "reload", self.unit)?;
        // The signal succeeds whatever the file holds: only a look at Prometheus tells.
        say(&format!("requested a reload of {} from systemd", self.unit));
        Ok(())
    }

    fn verify(&mut self, say: &mut dyn FnMut(&str)) -> Result<(), String> {
        if self.unasked {
            let unit = self.unit;
            say(&format!("not verified: `journalctl -u {unit}` tells whether Prometheus took it"));
            return Ok(());
        }
        let answers = self.wait(self.patience, |answers| self.fault(answers))?;
        say("verified: Prometheus runs with the file as it is on disk");
        let Some(patience) = self.delivery else { return Ok(()) };
        let is_ours = |component: &str| component == WRITE;
        let before = accepted(&answers, is_ours);
        let waited = self.wait(patience, |answers| match delivery(answers) {
            Err(why) => Some(why.into()),
            Ok(_) if accepted(answers, is_ours) > before => None,
            Ok(queues) => {
                let own = || queues.iter().filter(|queue| queue.component == WRITE);
                let failed: u64 = own().map(|queue| queue.failed).sum();
                let retried: u64 = own().map(|queue| queue.retried).sum();
                let what = format!("no sample was accepted ({failed} refused, {retried} repeated)");
                Some(what.into())
            }
        });
        let answers = waited?;
        say("verified: samples are delivered");
        let targets = prometheus_http::running(&answers).map(|now| now.targets).unwrap_or_default();
        for target in targets.iter().filter(|it| it.job == JOB && it.health == "down") {
            say(&format!("note: the exporter does not answer: {}", target.error));
        }
        Ok(())
    }
}

impl LivePrometheus<'_> {
    fn now(&self) -> Option<Running> {
        match prometheus_http::answers(self.system, &self.server, Patience::default()) {
            Seen::Known(answers) => prometheus_http::running(&answers).ok(),
            Seen::Hidden(_) | Seen::NotRecorded => None,
        }
    }

    fn wait(
        &self,
        patience: Duration,
        fault: impl Fn(&Answers) -> Option<Wrong>,
    ) -> Result<Answers, String> {
        let look = || prometheus_http::answers(self.system, &self.server, Patience::default());
        wait(look, patience, fault)
    }

    /// What is not as it should be.
    ///
    /// What it shows of its file is not enough: it shows a new one too that it could not put into
    /// use, and shows no secrets.
    fn fault(&self, answers: &Answers) -> Option<Wrong> {
        let yet = |what: &str| Some(Wrong::Yet(what.to_owned()));
        let now = match prometheus_http::running(answers) {
            Ok(now) => now,
            Err(why) => return Some(Wrong::Yet(why)),
        };
        if now.is_agent == Some(false) {
            return Some(Wrong::ForGood("Prometheus runs as a server".to_owned()));
        }
        let before = self.before.as_ref();
        if now.last_load_successful != Some(true) {
            let what = "Prometheus could not load the file, or not put it into use".to_owned();
            // Where the load before succeeded, this is the one that was asked for.
            let is_new = before.is_some_and(|it| it.last_load_successful == Some(true));
            return Some(if is_new { Wrong::ForGood(what) } else { Wrong::Yet(what) });
        }
        let loaded_before = before.and_then(|before| before.loaded_at);
        if loaded_before.is_some() && now.loaded_at == loaded_before {
            return yet("Prometheus has not read its file again");
        }
        let (Some(after), Some(text)) = (self.after, &now.configuration) else { return None };
        let path = "running".into();
        let version = after.version();
        match Configuration::read(&self.system.files, path, text.as_bytes(), version) {
            // What it shows of itself may have fields that its file may not have.
            Err(_) => None,
            Ok(running) => after.difference(&running).map(|field| {
                format!("Prometheus runs with another file: `{field}` differs").into()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::TcpListener;
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;
    use std::time::Instant;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;
    use crate::host::alloy_http::{Access, Address};
    use crate::prometheus::Version;
    use crate::system::Ran;

    /// A real Prometheus in agent mode, which ends with the test.
    struct Agent {
        child: Child,
        folder: tempfile::TempDir,
        port: u16,
        version: Version,
    }

    impl Drop for Agent {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// Sends the signal that the unit's reload sends.
    #[derive(Debug)]
    struct Signals(u32);

    impl Programs for Signals {
        fn run(&self, _: &str, arguments: &[&str], _: Duration) -> io::Result<Ran> {
            assert_eq!(arguments.first(), Some(&"reload"));
            let sent = Command::new("kill").arg("-HUP").arg(self.0.to_string()).status()?;
            Ok(Ran { is_success: sent.success(), ..Ran::default() })
        }
    }

    fn config(label: &str, more: &str) -> String {
        format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: trento_system\n    \
             static_configs: [{{targets: ['127.0.0.1:9'], labels: {{agentID: {label}}}}}]\n\
             remote_write:\n  - {{name: trento, url: 'http://127.0.0.1:9/w'{more}}}\n"
        )
    }

    impl Agent {
        /// None where no Prometheus is installed.
        fn start(flags: &[&str]) -> Option<Agent> {
            let said = Command::new("prometheus").arg("--version").output().ok()?;
            let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
            let version = Version::parse(said.split_whitespace().nth(2)?).ok()?;
            let mode = if version.is_at_least(3, 0) { "--agent" } else { "--enable-feature=agent" };
            let folder = tempfile::tempdir().ok()?;
            std::fs::write(folder.path().join("p.yml"), config("one", "")).ok()?;
            let listener = TcpListener::bind("127.0.0.1:0").ok()?;
            let port = listener.local_addr().ok()?.port();
            drop(listener);
            let child = Command::new("prometheus")
                .current_dir(folder.path())
                .args([mode, "--config.file=p.yml", "--storage.agent.path=waiting"])
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .args(flags)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let agent = Agent { child, folder, port, version };
            let end = Instant::now() + Duration::from_secs(60);
            while agent.live(None, Duration::ZERO).now().is_none() {
                assert!(Instant::now() < end, "Prometheus did not start");
                std::thread::sleep(Duration::from_millis(200));
            }
            Some(agent)
        }

        fn path(&self) -> Utf8PathBuf {
            Utf8PathBuf::try_from(self.folder.path().join("p.yml")).expect("it is UTF-8")
        }

        fn write(&self, text: &str) -> Configuration {
            std::fs::write(self.path(), text).expect("it can be written");
            let system = System::live();
            let read =
                Configuration::read(&system.files, &self.path(), text.as_bytes(), &self.version);
            read.expect("it loads")
        }

        fn live<'a>(
            &self,
            after: Option<&'a Configuration>,
            patience: Duration,
        ) -> LivePrometheus<'a> {
            let signals: &'static Signals = Box::leak(Box::new(Signals(self.child.id())));
            let system: &'static System = Box::leak(Box::new(
                System::live().with_programs(Arc::new(Signals(self.child.id()))),
            ));
            LivePrometheus {
                system,
                programs: signals,
                right: system.alloy_http().expect("this is a running system"),
                unit: "prometheus.service",
                server: Server {
                    address: Address::parse(&format!("127.0.0.1:{}", self.port)),
                    prefix: String::new(),
                    access: Access::default(),
                },
                by_http: false,
                unasked: false,
                after,
                patience,
                delivery: None,
                before: None,
            }
        }
    }

    const ENOUGH: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_secs(2);

    #[test]
    fn a_real_prometheus_takes_a_new_file_by_a_signal_and_tells_of_one_it_cannot_use() {
        let Some(agent) = Agent::start(&[]) else {
            println!("skipped: no prometheus is installed");
            return;
        };
        // Loading times are told in seconds.
        std::thread::sleep(Duration::from_millis(1_100));
        let mut said = Vec::new();
        let after = agent.write(&config("two", ""));
        let mut live = agent.live(Some(&after), SHORT);
        assert!(live.verify(&mut |_| {}).unwrap_err().contains("differs"));
        live.patience = ENOUGH;
        live.reload(&mut |text| said.push(text.to_owned())).unwrap();
        live.verify(&mut |text| said.push(text.to_owned())).unwrap();
        assert!(said[0].contains("requested a reload"), "{said:?}");
        let missing = ", tls_config: {ca_file: none.pem}";
        let after = agent.write(&config("two", missing));
        let mut live = agent.live(Some(&after), ENOUGH * 60);
        live.reload(&mut |_| {}).unwrap();
        let why = live.verify(&mut |_| {}).unwrap_err();
        assert!(why.contains("could not load the file"), "{why}");
        assert_eq!(agent.path().parent(), Utf8Path::from_path(agent.folder.path()));
    }

    #[test]
    fn over_http_a_refusal_is_known_at_once() {
        let Some(agent) = Agent::start(&["--web.enable-lifecycle"]) else {
            println!("skipped: no prometheus is installed");
            return;
        };
        std::thread::sleep(Duration::from_millis(1_100));
        let now = agent.live(None, SHORT).now().unwrap();
        assert_eq!((now.reloads_by_http, now.is_agent), (true, Some(true)));
        let after = agent.write(&config("two", ""));
        let mut live = LivePrometheus { by_http: true, ..agent.live(Some(&after), ENOUGH) };
        live.reload(&mut |_| {}).unwrap();
        live.verify(&mut |_| {}).unwrap();
        std::fs::write(agent.path(), "scrape_configs: [{}]\n").unwrap();
        let mut live = LivePrometheus { by_http: true, ..agent.live(Some(&after), SHORT) };
        assert!(live.reload(&mut |_| {}).unwrap_err().contains("refuses to reload"));
    }
}
