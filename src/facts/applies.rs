//! Who speaks: whether there is an Alloy, settings, a pipeline and a path for a fact to be about,
//! and whether what is wrong with them belongs to another check.
//!
//! Each method gives the reason, in words for people, why checks of its kind do not apply.

use camino::Utf8Path;

use crate::agent::FileState;
use crate::facts::Host;
use crate::facts::faults::lies_in_a_broken_file;
use crate::graph::Outcome;
use crate::load::Kind;
use crate::proof::Origin;

/// Nothing, or the reason why it does not apply.
type Applies = Result<(), String>;

impl Host<'_> {
    /// There is a host, not only files.
    pub(super) fn is_a_host(&self) -> Applies {
        if self.is_files_only() { Err("only files were given, no host".to_owned()) } else { Ok(()) }
    }

    /// Alloy is set up here.
    pub(super) fn has_alloy(&self) -> Applies {
        if self.installation().is_of_prometheus() {
            return self.has_prometheus().map(|_| ());
        }
        let set = self.merge_set();
        match &set.kind {
            Kind::Absent(reason) if set.files.is_empty() => {
                Err(format!("Alloy loads nothing here: {reason}"))
            }
            _ => Ok(()),
        }
    }

    /// Alloy is set up here, and loads its own language.
    pub(super) fn has_alloys_own_format(&self) -> Applies {
        self.has_alloy()?;
        match self.merge_set().start.args.config_format() {
            "" | "alloy" => Ok(()),
            other => Err(format!("the configuration is of the format {other}")),
        }
    }

    /// The agent's settings could be read, so that they are known.
    pub(super) fn settings_were_read(&self) -> Applies {
        self.is_a_host()?;
        match &self.settings().file {
            FileState::Read(_) => Ok(()),
            FileState::Missing => Err("there is no agent.yaml".to_owned()),
            FileState::Broken { path, .. } => Err(format!("{path} does not parse")),
            FileState::Unreadable { path, message } => {
                Err(format!("{path} cannot be read: {message}"))
            }
        }
    }

    /// The agent is in push mode.
    pub(super) fn pushes(&self) -> Applies {
        self.settings_were_read()?;
        match self.settings().value("prometheus-mode") {
            "push" => Ok(()),
            "pull" => Err("pull mode".to_owned()),
            mode => Err(format!("the mode of agent.yaml is `{mode}`")),
        }
    }

    /// The settings name one method, be it the default, whose credentials are there.
    pub(super) fn has_a_method(&self) -> Applies {
        self.pushes()?;
        let settings = self.settings();
        if let Err(name) = settings.auth_method() {
            return Err(format!("the method `{name}` of agent.yaml is not known"));
        }
        let is_set = |key: &str| settings.is_set(key);
        let fits = is_set("prometheus-auth-username")
            && is_set("prometheus-auth-password")
            && !is_set("prometheus-auth-bearer-token");
        if is_set("prometheus-auth") || fits {
            Ok(())
        } else {
            Err("prometheus-auth is not set, and the credentials do not tell the method".to_owned())
        }
    }

    /// The agent ID of the host.
    ///
    /// # Errors
    /// It cannot be known.
    pub(super) fn agent_id(&self) -> Result<String, String> {
        if let FileState::Broken { path, .. } = &self.settings().file
            && self.system().files.read(path).is_ok_and(|text| {
                String::from_utf8_lossy(&text).to_ascii_lowercase().contains("force-agent-id")
            })
        {
            return Err(format!("{path} does not parse, and it may force another agent ID"));
        }
        match &self.settings().agent_id {
            Ok(id) => Ok(id.id.clone()),
            Err(reason) => Err(reason.clone()),
        }
    }

    /// A pipeline may be asked for: push mode, or one lies here all the same.
    pub(super) fn expects_a_pipeline(&self) -> Applies {
        if self.installation().is_of_prometheus() {
            return self.expects_jobs();
        }
        if !self.has_deployment() {
            if self.is_files_only() {
                return Err("the files hold no Trento pipeline".to_owned());
            }
            match self.settings_were_read() {
                Ok(()) => self.pushes()?,
                Err(reason) => return Err(format!("there is no pipeline, and {reason}")),
            }
            self.could_be_seen()?;
        }
        match lies_in_a_broken_file(self) {
            Some(path) => Err(format!("{path}, which holds the pipeline, does not parse")),
            None => Ok(()),
        }
    }

    /// Alloy is expected to run for Trento, whether or not its files parse.
    pub(super) fn expects_alloy(&self) -> Applies {
        let pushes = self.pushes();
        if pushes.is_ok() || self.has_deployment() || lies_in_a_broken_file(self).is_some() {
            return Ok(());
        }
        pushes.map_err(|reason| format!("there is no pipeline, and {reason}"))
    }

    /// No import stands where the pipeline could hide.
    pub(super) fn could_be_seen(&self) -> Applies {
        for import in self.graph().imports() {
            let id = self.graph().full_id(import.component);
            match &import.outcome {
                Outcome::Loaded(_) | Outcome::NotAModule { .. } => {}
                // Told below, with whatever else comes from elsewhere.
                Outcome::Unknown(_) | Outcome::Denied(_) => {}
                Outcome::Missing | Outcome::Unreadable(_) | Outcome::Broken { .. } => {
                    return Err(format!("what `{id}` imports cannot be loaded"));
                }
            }
        }
        if let Some(found) = self.graph().elsewhere().first() {
            return Err(format!("`{}`: {}", found.block, found.reason));
        }
        match self.installation().unknown() {
            Some(unknown) => Err(unknown.reason.clone()),
            None => Ok(()),
        }
    }

    /// An endpoint of Trento's was found.
    pub(super) fn has_endpoint(&self) -> Applies {
        self.expects_a_pipeline()?;
        if self.has_deployment() {
            Ok(())
        } else {
            Err("there is no endpoint for the Trento server".to_owned())
        }
    }

    /// An endpoint was found, and nothing it depends on is at fault elsewhere.
    pub(super) fn has_sound_endpoint(&self) -> Applies {
        self.has_endpoint()?;
        self.is_sound()
    }

    /// The pipeline may be looked for: what it would consist of is not at fault elsewhere.
    pub(super) fn may_have_a_path(&self) -> Applies {
        self.expects_a_pipeline()?;
        self.is_sound()
    }

    /// A path leads to the endpoint, and nothing of it is at fault elsewhere.
    pub(super) fn has_sound_pipeline(&self) -> Applies {
        self.has_sound_endpoint()?;
        match self.deployment() {
            Some(found) if !found.pipeline.paths.is_empty() => Ok(()),
            _ => Err("no path leads to the Trento server".to_owned()),
        }
    }

    /// The pipeline begins at an exporter of this host, not at a target outside of Alloy.
    pub(super) fn has_host_exporter(&self) -> Applies {
        match self.deployment().map(|found| found.pipeline.origin) {
            Some(Origin::HostExporter) => Ok(()),
            Some(Origin::Outside) => {
                Err("unproven: the metrics come from an exporter outside of Alloy".to_owned())
            }
            Some(Origin::Nowhere) | None => Err("no exporter of this host is sent".to_owned()),
        }
    }

    fn is_sound(&self) -> Applies {
        if self.installation().is_of_prometheus() {
            return Ok(());
        }
        match self.faults().of_the_pipeline(self) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    /// Owners and modes of the host's files are known.
    pub(super) fn knows_owners(&self, path: &Utf8Path) -> Applies {
        match self.system().files.metadata(path) {
            Ok(meta) if meta.ownership.is_none() => {
                Err("owners and modes of this copy are not known".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The network may be asked.
    pub(super) fn asks_network(&self) -> Applies {
        if self.system().network().is_none() {
            Err("not a running host".to_owned())
        } else if self.options().offline {
            Err("--offline".to_owned())
        } else {
            Ok(())
        }
    }
}
