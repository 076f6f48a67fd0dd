//! `trento-alloy generate`: prints the configuration this host needs.

use std::collections::BTreeMap;
use std::io::Write;

use alloy_grammar::printer;
use camino::Utf8PathBuf;

use crate::agent::{Given, Settings, Surprise, SurpriseKind};
use crate::atomic;
use crate::cli::host_args::HostArgs;
use crate::cli::{self, Exit, Io};
use crate::error::{Error, Result};
use crate::generate::{self, Layout, MODULE, Plan, Refusal, Template};
use crate::installation::Sender;
use crate::prometheus::Version;
use crate::secret::Secret;
use crate::system::System;
use crate::visible::{Lines, visible};

/// Who may read a generated file that holds secrets, and one that holds none.
const PRIVATE: u32 = 0o640;
const PUBLIC: u32 = 0o644;

/// What to try first.
const EXAMPLES: &str = "\
Examples:
  trento-alloy generate --config /etc/trento/agent.yaml
  trento-alloy generate --template rfc-0003 -o /etc/alloy/trento.alloy";

/// Print the Alloy configuration for this host
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which configuration to generate: agent-3.1 or rfc-0003
    #[arg(long, value_name = "NAME", default_value = "agent-3.1", value_parser = template)]
    template: Template,
    /// Wrap it in a `declare`, as a module to import
    #[arg(long)]
    as_module: bool,
    /// With `--sender prometheus-agent`: merge it into this configuration of the site
    #[arg(long, value_name = "FILE")]
    merge: Option<Utf8PathBuf>,
    /// With `--sender prometheus-agent`: the version that runs it [default: the newest known]
    #[arg(long, value_name = "VERSION")]
    prometheus_version: Option<String>,
    /// Write to a file instead; readable only by owner and group if it holds secrets
    #[arg(long, short, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// Arguments that are no flags, of which the agent's command takes no notice either
    #[arg(hide = true)]
    ignored: Vec<String>,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    pub(crate) agent: AgentArgs,
}

/// The flags of the Trento agent; each sets the key of its name in agent.yaml.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Settings of the agent")]
pub struct AgentArgs {
    /// Configuration file of the agent
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// `push`, or nothing is generated
    #[arg(long, value_name = "MODE", allow_hyphen_values = true, value_parser = secret)]
    prometheus_mode: Option<Secret>,
    /// Remote-write URL
    #[arg(long, value_name = "URL", allow_hyphen_values = true, value_parser = secret)]
    prometheus_url: Option<Secret>,
    /// Value of the label exporter_name
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = secret)]
    prometheus_exporter_name: Option<Secret>,
    /// How often metrics are collected, such as 15s or 1m30s
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = secret)]
    prometheus_scrape_interval: Option<Secret>,
    /// none, basic, bearer or mtls
    #[arg(long, value_name = "METHOD", allow_hyphen_values = true, value_parser = secret)]
    prometheus_auth: Option<Secret>,
    /// User name for basic authentication
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = secret)]
    prometheus_auth_username: Option<Secret>,
    /// Password for basic authentication; every user of the host can see it while this runs
    #[arg(long, value_name = "PASSWORD", allow_hyphen_values = true, value_parser = secret)]
    prometheus_auth_password: Option<Secret>,
    /// Bearer token; every user of the host can see it while this runs
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true, value_parser = secret)]
    prometheus_auth_bearer_token: Option<Secret>,
    /// CA certificate that the server's is checked against
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, value_parser = secret)]
    prometheus_tls_ca_cert: Option<Secret>,
    /// Client certificate for mtls
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, value_parser = secret)]
    prometheus_tls_client_cert: Option<Secret>,
    /// Key of the client certificate
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, value_parser = secret)]
    prometheus_tls_client_key: Option<Secret>,
    /// Agent ID in place of the host's own, for development
    #[arg(long, value_name = "ID", allow_hyphen_values = true, value_parser = secret)]
    force_agent_id: Option<Secret>,
}

impl AgentArgs {
    /// What was given, by key.
    pub fn given(&self) -> Given {
        let flags = [
            ("prometheus-mode", &self.prometheus_mode),
            ("prometheus-url", &self.prometheus_url),
            ("prometheus-exporter-name", &self.prometheus_exporter_name),
            ("prometheus-scrape-interval", &self.prometheus_scrape_interval),
            ("prometheus-auth", &self.prometheus_auth),
            ("prometheus-auth-username", &self.prometheus_auth_username),
            ("prometheus-auth-password", &self.prometheus_auth_password),
            ("prometheus-auth-bearer-token", &self.prometheus_auth_bearer_token),
            ("prometheus-tls-ca-cert", &self.prometheus_tls_ca_cert),
            ("prometheus-tls-client-cert", &self.prometheus_tls_client_cert),
            ("prometheus-tls-client-key", &self.prometheus_tls_client_key),
            ("force-agent-id", &self.force_agent_id),
        ];
        let flags: BTreeMap<&'static str, Secret> = flags
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?.clone())))
            .collect();
        Given { config: self.config.clone(), flags }
    }
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let system = args.host.system(&io.secrets)?;
    let settings = Settings::of_command(&system, &args.agent.given());
    if !args.ignored.is_empty() {
        warn("arguments that are no flags are ignored", io)?;
    }
    for surprise in settings.surprises.iter().filter(|found| is_told(found)) {
        warn(&told(surprise), io)?;
    }
    let checked = match Plan::checked(&settings, args.template) {
        Ok(checked) => checked,
        Err(refusals) => return refuse(&refusals, io),
    };
    for warning in &checked.warnings {
        warn(warning, io)?;
    }
    if args.host.sender == Sender::PrometheusAgent {
        return prometheus(args, &system, &checked.plan, io);
    }
    let layout = if args.as_module { Layout::Module } else { Layout::Plain };
    let text = printer::print(&checked.plan.file(layout));
    match &args.output {
        Some(path) => {
            let widest = if checked.plan.is_secret() { PRIVATE } else { PUBLIC };
            cli::written(path, atomic::write(path, text.as_bytes(), widest)?, io)?;
        }
        None => as_it_is(&text, io).map_err(Error::Output)?,
    }
    if args.as_module {
        io.note(&format!(
            "a module does nothing until a file that Alloy loads imports it with \
             `import.file \"{MODULE}\"` and runs it with `{MODULE}.{MODULE} \"host\" {{ }}`"
        ))?;
    }
    Ok(Exit::Clean)
}

/// Prints what Prometheus in agent mode needs, and how it is started.
fn prometheus(args: &Args, system: &System, plan: &Plan, io: &mut Io<'_>) -> Result<Exit> {
    let version = match &args.prometheus_version {
        Some(version) => Version::parse(version)?,
        None => Version::NEWEST,
    };
    let text = match &args.merge {
        None => generate::prometheus::standalone(plan).map_err(Error::Invalid)?,
        Some(path) => {
            let read = |source| Error::Read { path: path.clone(), source };
            let site = system.files.read_to_string(path).map_err(read)?;
            let why = |why| Error::Invalid(format!("cannot put it into {path}: {why}"));
            generate::prometheus::merged(plan, &site).map_err(why)?
        }
    };
    match &args.output {
        Some(path) => {
            let widest = if plan.is_secret() { PRIVATE } else { PUBLIC };
            cli::written(path, atomic::write(path, text.as_bytes(), widest)?, io)?;
        }
        None => as_it_is(&text, io).map_err(Error::Output)?,
    }
    let agent = if version.is_at_least(3, 0) { "--agent" } else { "--enable-feature=agent" };
    io.note(&format!(
        "Prometheus {version} runs it as an agent with ARGS=\"{agent} --config.file=FILE \
         --storage.agent.path=FOLDER\", the folder being one that its user may write and no other \
         instance uses"
    ))?;
    Ok(Exit::Clean)
}

fn as_it_is(text: &str, io: &mut Io<'_>) -> std::io::Result<()> {
    io.out.as_it_is()?.write_all(text.as_bytes())
}

fn warn(warning: &str, io: &mut Io<'_>) -> Result<()> {
    io.warn(warning)
}

fn refuse(refusals: &[Refusal], io: &mut Io<'_>) -> Result<Exit> {
    for refusal in refusals {
        let message = visible(&refusal.message, Lines::Fold);
        writeln!(io.err, "error: {message}").map_err(Error::Output)?;
    }
    Ok(Exit::Failed)
}

/// Surprises that change what is generated; the plan's own warnings tell the rest.
fn is_told(surprise: &Surprise) -> bool {
    matches!(
        surprise.kind,
        SurpriseKind::UnknownKey
            | SurpriseKind::Underscores
            | SurpriseKind::CaseClash
            | SurpriseKind::ScalarChanged
            | SurpriseKind::NotAText
            | SurpriseKind::ShadowedFile
    )
}

fn told(surprise: &Surprise) -> String {
    let at = surprise.at.as_ref().map(|at| format!("{}:{}: ", at.file, at.line));
    format!("{}{}: {}", at.unwrap_or_default(), surprise.message, surprise.help)
}

/// No flag's value is shown by a message about the command line.
fn secret(value: &str) -> std::result::Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(value))
}

/// The template of a name on the command line.
pub(crate) fn template(name: &str) -> std::result::Result<Template, String> {
    Template::named(name).ok_or_else(|| {
        let known: Vec<&str> = Template::ALL.iter().map(|template| template.name()).collect();
        format!("the templates are {}", known.join(" and "))
    })
}
