//! What a unit hides from its process: folders that are not there for it, whoever it runs as.

use camino::{Utf8Path, Utf8PathBuf};

use super::Setting;
use crate::source::At;

/// The folders that `ProtectHome=` hides.
const HOMES: &[&str] = &["/home", "/root", "/run/user"];
/// The folders that `PrivateTmp=` replaces.
const TEMPORARY: &[&str] = &["/tmp", "/var/tmp"];

/// The settings that hide something, as far as they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sandbox {
    protect_home: Option<Setting>,
    private_tmp: Option<Setting>,
    dynamic_user: Option<Setting>,
    /// Paths with the name of their setting; what is shown again has none.
    paths: Vec<(Option<&'static str>, Setting)>,
}

/// Why a path is not there for a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenBy {
    /// The setting as it is written, such as `ProtectHome=yes`.
    pub setting: String,
    /// What it hides.
    pub folder: Utf8PathBuf,
    /// Where it stands.
    pub at: Option<At>,
}

impl Sandbox {
    /// Takes over a setting, if it is one that hides or shows.
    pub(super) fn set(&mut self, name: &str, setting: Setting) {
        let one = Some(setting.clone()).filter(|it| !it.value.is_empty());
        match name {
            "ProtectHome" => self.protect_home = one,
            "PrivateTmp" => self.private_tmp = one,
            "DynamicUser" => self.dynamic_user = one,
            "InaccessiblePaths" | "InaccessibleDirectories" => {
                self.paths(Some("InaccessiblePaths"), setting);
            }
            "TemporaryFileSystem" => self.paths(Some("TemporaryFileSystem"), setting),
            "BindPaths" | "BindReadOnlyPaths" => self.paths(None, setting),
            _ => {}
        }
    }

    fn paths(&mut self, name: Option<&'static str>, setting: Setting) {
        if setting.value.is_empty() {
            self.paths.retain(|(known, _)| *known != name);
            return;
        }
        for word in setting.value.split_whitespace() {
            let word = word.trim_matches('"').trim_start_matches(['-', '+']);
            // A mount goes from here to there; a file system has options.
            let mut parts = word.split(':');
            let first = parts.next().unwrap_or_default();
            let path = if name.is_none() { parts.next().unwrap_or(first) } else { first };
            self.paths.push((name, Setting { value: path.to_owned(), at: setting.at.clone() }));
        }
    }

    /// What hides a path from the process; none too where a mount may show it again.
    pub fn hides(&self, path: &Utf8Path) -> Option<HiddenBy> {
        let lies_below = |folder: &str| path.starts_with(folder);
        let mut shown = self.paths.iter().filter(|(name, _)| name.is_none());
        if shown.any(|(_, setting)| lies_below(&setting.value)) {
            return None;
        }
        let among = |name: &str, setting: &Option<Setting>, folders: &[&str]| {
            let setting = setting.as_ref()?;
            let folder = folders.iter().find(|folder| lies_below(folder))?;
            Some(HiddenBy {
                setting: format!("{name}={}", setting.value),
                folder: Utf8PathBuf::from(*folder),
                at: setting.at.clone(),
            })
        };
        let hides_homes = self.protect_home.clone().filter(|it| is_on(it) || it.value == "tmpfs");
        let own_tmp = |it: &Setting| is_on(it) || it.value == "disconnected";
        let private_tmp = self.private_tmp.clone().filter(own_tmp);
        let dynamic = self.dynamic_user.clone().filter(is_on);
        among("ProtectHome", &hides_homes, HOMES)
            .or_else(|| among("PrivateTmp", &private_tmp, TEMPORARY))
            .or_else(|| among("DynamicUser", &dynamic, TEMPORARY))
            .or_else(|| {
                self.paths.iter().find_map(|(name, setting)| {
                    let name = (*name)?;
                    lies_below(&setting.value).then(|| HiddenBy {
                        setting: format!("{name}={}", setting.value),
                        folder: Utf8PathBuf::from(&setting.value),
                        at: setting.at.clone(),
                    })
                })
            })
    }
}

/// Whether a switch is on, as systemd reads one.
fn is_on(setting: &Setting) -> bool {
    ["1", "yes", "y", "true", "t", "on"].iter().any(|on| setting.value.eq_ignore_ascii_case(on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(settings: &[(&str, &str)], path: &str) -> Option<String> {
        let mut sandbox = Sandbox::default();
        for (name, value) in settings {
            sandbox.set(name, Setting { value: (*value).to_owned(), at: None });
        }
        sandbox
            .hides(Utf8Path::new(path))
            .map(|found| format!("{}: {}", found.setting, found.folder))
    }

    #[test]
    fn a_home_is_hidden_but_not_by_read_only() {
        let by = |value: &str| hidden(&[("ProtectHome", value)], "/root/ca.pem");
        assert_eq!(by("yes").as_deref(), Some("ProtectHome=yes: /root"));
        assert_eq!(by("tmpfs").as_deref(), Some("ProtectHome=tmpfs: /root"));
        assert_eq!((by("read-only"), by("no"), by("")), (None, None, None));
        assert_eq!(hidden(&[("ProtectHome", "yes")], "/rooted/ca.pem"), None);
        assert_eq!(hidden(&[("ProtectHome", "yes"), ("ProtectHome", "")], "/home/a"), None);
    }

    #[test]
    fn temporary_and_named_folders_are_hidden_unless_mounted_again() {
        let tmp = hidden(&[("PrivateTmp", "true")], "/var/tmp/id");
        assert_eq!(tmp.as_deref(), Some("PrivateTmp=true: /var/tmp"));
        assert!(hidden(&[("DynamicUser", "yes")], "/tmp/id").is_some());
        let named = [("InaccessiblePaths", "-/srv /opt/x"), ("BindReadOnlyPaths", "/a:/opt/x/y")];
        assert!(hidden(&named, "/srv/f").is_some() && hidden(&named, "/opt/x/f").is_some());
        assert_eq!(hidden(&named, "/opt/x/y/f"), None);
        let system = [("TemporaryFileSystem", "/etc/ssl:ro")];
        assert!(hidden(&system, "/etc/ssl/ca.pem").is_some());
    }
}
