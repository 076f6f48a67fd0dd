//! From settings to the values of a configuration; what is missing or cannot work is refused.

use std::fmt;

use super::template::Template;
use crate::agent::{AuthMethod, FileState, Interval, Origin, Reading, Setting, Settings};
use crate::duration::Duration;
use crate::secret::Secret;

/// Below this interval Alloy does not start with the scrape, whose timeout is 10s.
const SHORTEST_INTERVAL: Duration = Duration::from_seconds(10);

/// Everything a generated configuration depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The template.
    pub template: Template,
    /// The value of the label agentID.
    pub agent_id: String,
    /// The value of the label exporter_name.
    pub exporter_name: String,
    /// Where metrics are written to. It may hold user-info.
    pub url: Secret,
    /// How often metrics are collected.
    pub interval: Duration,
    /// How Alloy proves who it is.
    pub auth: Auth,
    /// The CA that the server's certificate is checked against.
    pub ca_cert: Option<String>,
}

/// A method of authentication with what it takes.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// None at all.
    None,
    /// User name and password.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// A client certificate.
    Mtls {
        /// Path of the certificate.
        cert: String,
        /// Path of its key.
        key: String,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method().name())
    }
}

impl Auth {
    /// The method.
    pub fn method(&self) -> AuthMethod {
        match self {
            Auth::None => AuthMethod::None,
            Auth::Basic { .. } => AuthMethod::Basic,
            Auth::Bearer { .. } => AuthMethod::Bearer,
            Auth::Mtls { .. } => AuthMethod::Mtls,
        }
    }

    /// Whether it holds a secret of its own.
    pub fn is_secret(&self) -> bool {
        matches!(self, Auth::Basic { .. } | Auth::Bearer { .. })
    }
}

/// Why nothing can be generated: the setting, and one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The key of the setting it is about; none where it is about the file.
    pub key: Option<&'static str>,
    /// One clause that names the setting and says what to do.
    pub message: String,
}

/// A plan and what is to be said of it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan.
    pub plan: Plan,
    /// What works, but perhaps not as meant: one clause each.
    pub warnings: Vec<String>,
}

impl Plan {
    /// The plan of the settings as the agent takes them, silent replacements included: what a
    /// deployed configuration is compared with.
    ///
    /// # Errors
    /// What the agent itself refuses.
    pub fn as_agent(settings: &Settings, template: Template) -> Result<Plan, Vec<Refusal>> {
        let method = settings.auth_method().map_err(str::to_owned);
        let interval = interval(settings, template).1;
        assemble(settings, template, method, interval, Vec::new())
    }

    /// The plan of the settings as they are meant: the method follows the credentials where none
    /// is set, and an interval that the agent would silently replace is refused.
    ///
    /// # Errors
    /// What the agent refuses, and what it would get wrong without a word.
    pub fn checked(settings: &Settings, template: Template) -> Result<Checked, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let (key, interval) = interval(settings, template);
        refusals.extend(refused_interval(settings, key, interval));
        let method = match settings.is_set("prometheus-auth") {
            true => settings.auth_method().map_err(str::to_owned),
            false => match inferred_method(settings) {
                Ok(method) => Ok(method),
                Err(refusal) => {
                    refusals.push(refusal);
                    // So that nothing else is said about credentials.
                    Ok(AuthMethod::None)
                }
            },
        };
        let plan = assemble(settings, template, method, interval, refusals)?;
        let warnings = warnings(settings, &plan, key);
        Ok(Checked { plan, warnings })
    }

    /// Whether a file that holds the configuration must be private.
    pub fn is_secret(&self) -> bool {
        self.auth.is_secret() || self.url.expose().contains('@')
    }
}

fn refusal(key: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { key: Some(key), message: message.into() }
}

fn assemble(
    settings: &Settings,
    template: Template,
    method: Result<AuthMethod, String>,
    interval: Interval,
    more: Vec<Refusal>,
) -> Result<Plan, Vec<Refusal>> {
    // In the order in which the agent looks at them.
    let mut refusals = Vec::new();
    if let Some(broken) = refused_file(&settings.file) {
        return Err(vec![broken]);
    }
    if !settings.is_push() {
        refusals.push(refused_mode(settings));
    }
    let agent_id = settings.agent_id.clone().map(|agent| agent.id).unwrap_or_else(|reason| {
        refusals.push(refusal("force-agent-id", format!("the agent ID is not known: {reason}")));
        String::new()
    });
    let url = settings.value("prometheus-url");
    if url.is_empty() {
        refusals.push(refused_url(settings));
    }
    refusals.extend(more);
    let auth = method
        .map_err(|name| {
            let message = format!(
                "prometheus-auth is `{name}`, which is no method: write none, basic, bearer or \
                 mtls in lower case"
            );
            vec![refusal("prometheus-auth", message)]
        })
        .and_then(|method| auth(settings, method));
    match auth {
        Ok(auth) if refusals.is_empty() => Ok(Plan {
            template,
            agent_id,
            exporter_name: template.exporter_name(settings.exporter_name()).to_owned(),
            url: Secret::new(template.url(url)),
            interval: interval.duration,
            auth,
            ca_cert: some(settings.value("prometheus-tls-ca-cert")),
        }),
        Ok(_) => Err(refusals),
        Err(missing) => {
            refusals.extend(missing);
            Err(refusals)
        }
    }
}

fn refused_url(settings: &Settings) -> Refusal {
    let is_nested = settings.get("prometheus-url").is_some_and(Setting::is_nested);
    let what = if is_nested { "a list or a map" } else { "not set" };
    let message = format!(
        "prometheus-url is {what}: write the URL that takes remote writes, such as \
         https://SERVER/prometheus/api/v1/write"
    );
    refusal("prometheus-url", message)
}

fn refused_file(file: &FileState) -> Option<Refusal> {
    let message = match file {
        FileState::Read(_) | FileState::Missing => return None,
        FileState::Broken { path, message, at } => match at {
            Some(at) => format!("{path}:{}:{}: {message}", at.line, at.column),
            None => format!("{path}: {message}"),
        },
        FileState::Unreadable { path, message } => format!("{path} cannot be read: {message}"),
    };
    Some(Refusal { key: None, message })
}

fn refused_mode(settings: &Settings) -> Refusal {
    let is_set = settings.get("prometheus-mode").is_some_and(|s| s.origin != Origin::Default);
    let message = match settings.value("prometheus-mode") {
        mode if is_set && !mode.is_empty() => format!(
            "prometheus-mode is `{mode}`: only where it is `push` does Alloy send metrics to Trento"
        ),
        _ => {
            let file = match settings.file.path() {
                Some(path) => path.as_str(),
                None => "/etc/trento/agent.yaml, which does not exist",
            };
            format!(
                "prometheus-mode is not set: write `prometheus-mode: push` to {file}, for \
                 metrics that Alloy sends to Trento"
            )
        }
    };
    refusal("prometheus-mode", message)
}

/// The credentials of a method, or which of them are missing.
fn auth(settings: &Settings, method: AuthMethod) -> Result<Auth, Vec<Refusal>> {
    let mut missing = Vec::new();
    let mut needed = |key: &'static str| {
        let value = settings.get(key).map(|setting| setting.value.clone());
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| {
            let method = method.name();
            missing.push(refusal(key, format!("{key} is not set, which {method} needs")));
            Secret::new("")
        })
    };
    let auth = match method {
        AuthMethod::None => Auth::None,
        AuthMethod::Basic => Auth::Basic {
            username: needed("prometheus-auth-username").expose().to_owned(),
            password: needed("prometheus-auth-password"),
        },
        AuthMethod::Bearer => Auth::Bearer { token: needed("prometheus-auth-bearer-token") },
        AuthMethod::Mtls => Auth::Mtls {
            cert: needed("prometheus-tls-client-cert").expose().to_owned(),
            key: needed("prometheus-tls-client-key").expose().to_owned(),
        },
    };
    if missing.is_empty() { Ok(auth) } else { Err(missing) }
}

/// The method that fits the credentials, where none is set.
fn inferred_method(settings: &Settings) -> Result<AuthMethod, Refusal> {
    let has_token = settings.is_set("prometheus-auth-bearer-token");
    let has_password = ["prometheus-auth-username", "prometheus-auth-password"]
        .iter()
        .any(|key| settings.is_set(key));
    match (has_token, has_password) {
        (true, false) => Ok(AuthMethod::Bearer),
        (false, true) => Ok(AuthMethod::Basic),
        (true, true) => Err(refusal(
            "prometheus-auth",
            "prometheus-auth is not set, and there are a bearer token and a user or password: \
             write `prometheus-auth: basic` or `prometheus-auth: bearer`",
        )),
        (false, false) => Err(refusal(
            "prometheus-auth",
            "prometheus-auth is not set, and neither are credentials: either set \
             prometheus-auth-bearer-token (bearer is the RFC's default), or \
             prometheus-auth-username and prometheus-auth-password (basic is the shipped \
             agent's); for an endpoint that asks for neither write `prometheus-auth: none`, or \
             `mtls` with a client certificate",
        )),
    }
}

/// The interval and the key that sets it. The RFC's key counts for the RFC's template only.
fn interval(settings: &Settings, template: Template) -> (&'static str, Interval) {
    const AGENT: &str = "prometheus-scrape-interval";
    const RFC: &str = "scrape-interval";
    let is_flag = settings.get(AGENT).is_some_and(|setting| setting.origin == Origin::Flag);
    let key = match template {
        Template::Rfc0003 if settings.is_set(RFC) && !is_flag => RFC,
        _ => AGENT,
    };
    (key, settings.interval(key))
}

/// An interval that the agent would replace, or read as another, without a word.
fn refused_interval(settings: &Settings, key: &'static str, interval: Interval) -> Option<Refusal> {
    let value = settings.value(key);
    let is_nested = settings.get(key).is_some_and(|setting| setting.is_nested());
    let message = match interval.reading {
        Reading::AsWritten | Reading::Default => return None,
        // What is written as nothing is the default, on purpose.
        Reading::Replaced if value.is_empty() && !is_nested => return None,
        Reading::Replaced if is_nested => format!("{key} is a list or a map, not a duration"),
        Reading::Replaced => format!(
            "{key} is `{value}`, which is no duration above zero; the agent would silently take \
             {}: write a number with a unit, such as 15s or 1m30s",
            interval.duration
        ),
        Reading::Nanoseconds => format!(
            "{key} is `{value}` without a unit; the agent would read {}: write {value}s for \
             seconds",
            interval.duration
        ),
        Reading::Negative => format!("{key} is `{value}`, which is negative: write 15s or more"),
    };
    Some(refusal(key, message))
}

fn warnings(settings: &Settings, plan: &Plan, interval_key: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.template == Template::Agent31 && settings.is_set("scrape-interval") {
        warnings.push(format!(
            "scrape-interval is ignored by the agent, and so by this template; the interval is \
             {}: write prometheus-scrape-interval",
            plan.interval
        ));
    }
    if plan.interval < SHORTEST_INTERVAL {
        warnings.push(format!(
            "{interval_key} is {}, and Alloy will not start with an interval under {}, the time \
             a scrape may take",
            plan.interval, SHORTEST_INTERVAL
        ));
    }
    if plan.exporter_name.contains('$') || plan.agent_id.contains('$') {
        warnings.push(
            "a `$` in prometheus-exporter-name or force-agent-id begins a reference in a \
             relabel rule, so the label will have another value"
                .to_owned(),
        );
    }
    warnings
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
