//! Whole hosts, built from what an input chooses: nearly sound, so that little is refused early.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};

use crate::checks::catalogue;
use crate::checks::execution::Plan;
use crate::checks::facts::{Agent, Object};
use crate::checks::gathering::Gathering;
use crate::checks::load::Loaded;
use crate::facts::{Host, Options};
use crate::fuzzing::{files, system};
use crate::installation::{Installation, Wanted};
use crate::secret::Outlet;

static CHECKS: LazyLock<Vec<Loaded>> = LazyLock::new(catalogue::load);

/// The word that stands in every place of a secret, and in no output.
const CANARY: &str = "canary-5f3a";

const KEYS: &[&str] = &[
    "prometheus-mode",
    "prometheus-url",
    "prometheus-exporter-name",
    "prometheus-scrape-interval",
    "prometheus-auth",
    "prometheus-auth-username",
    "prometheus-tls-ca-cert",
    "prometheus-tls-client-cert",
    "prometheus-tls-client-key",
    "server-url",
    "facts-service-url",
    "api-key",
    "force-agent-id",
    "node-exporter-target",
    "interval",
    "<<",
    "PROMETHEUS-URL",
];

const VALUES: &[&str] = &[
    "push",
    "pull",
    "https://trento.example/prometheus/api/v1/write",
    "http://[::1]:9090/",
    "none",
    "basic",
    "bearer",
    "mtls",
    "15s",
    "1m30s",
    "\"15s\"",
    "'a''b'",
    "15",
    "0x1F",
    "~",
    "true",
    "[a, {b: c}]",
    "{a: &x 1, b: *x}",
    "!!str 5",
    "!!binary AAAA",
    "|\n  a\n  b\n",
    ">-\n  a\n\n  b\n",
    "/etc/ssl/ca.pem",
    "2001-01-01",
    "\"a\\n\\u00e9\\x00\"",
];

const MACHINE: &[u8] = b"6f7e0f7a5c8e4d9b8a1c2d3e4f506172\n";

/// Pieces of configurations, each of which parses; `@` becomes a label that an input chooses (`@@` is
/// the sign itself), `$` an expression.
const BLOCKS: &[&str] = &[
    "prometheus.exporter.unix \"@\" { set_collectors = $ }",
    "prometheus.exporter.unix \"@\" { }",
    "discovery.relabel \"@\" {\n targets = $\n rule {\n  target_label = $\n  replacement = $\n }\n}",
    "discovery.relabel \"@\" {\n targets = $\n rule {\n  action = $\n  regex = $\n }\n}",
    "prometheus.scrape \"@\" {\n targets = $\n forward_to = [prometheus.relabel.@.receiver, $]\n \
     scrape_interval = $\n}",
    "prometheus.scrape \"@\" {\n targets = $\n forward_to = [prometheus.remote_write.@.receiver]\n}",
    "prometheus.relabel \"@\" {\n forward_to = [prometheus.remote_write.@.receiver]\n rule {\n  \
     source_labels = $\n  action = $\n  regex = $\n  target_label = $\n  replacement = $\n }\n}",
    "prometheus.remote_write \"@\" {\n external_labels = $\n endpoint {\n  url = $\n  basic_auth {\n   \
     username = $\n   password = \"canary-5f3a\"\n  }\n  write_relabel_config {\n   action = $\n   \
     regex = $\n  }\n }\n}",
    "prometheus.remote_write \"@\" {\n endpoint {\n  url = $\n  bearer_token = \"canary-5f3a\"\n }\n}",
    "declare \"@\" {\n argument \"@\" {\n  optional = $\n  default = $\n }\n export \"@\" {\n  value = \
     argument.@.value\n }\n}",
    "import.string \"@\" { content = $ }",
    "import.file \"@\" { filename = $ }",
    "@.@ \"@\" { @ = $ }",
    "foreach \"@\" {\n collection = $\n var = $\n template {\n  prometheus.exporter.unix \"@\" { }\n }\n}",
    "local.file \"@\" {\n filename = $\n is_secret = $\n}",
    "logging { level = $ }",
    "http {\n tls {\n  cert_file = $\n  client_auth_type = $\n }\n}",
    "// prometheus.remote_write \"@\"",
];

const LABELS: &[&str] = &["trento_system", "trento", "a", "b", "url", "value"];

const EXPRESSIONS: &[&str] = &[
    "\"replace\"",
    "\"keep\"",
    "\"labeldrop\"",
    "\"labelmap\"",
    "\"hashmod\"",
    "\"agentID\"",
    "\"exporter_name\"",
    "\"agent(.*)\"",
    "\"__name__\"",
    "\"node_(cpu|memory).*\"",
    "\"$1\"",
    "\"15s\"",
    "\"RequireAnyClientCert\"",
    "\"https://u:canary-5f3a@@trento.example/api/v1/write\"",
    "\"https://trento.example/prometheus/api/v1/write\"",
    "\"/etc/alloy/b.alloy\"",
    "\"/etc/trento/agent.yaml\"",
    "prometheus.exporter.unix.@.targets",
    "discovery.relabel.@.output",
    "prometheus.relabel.@.receiver",
    "local.file.@.content",
    "argument.@.value",
    "[$, $]",
    "{ @ = $, \"__address__\" = $ }",
    "array.concat($, $)",
    "string.format(\"%s-%v\", $, $)",
    "encoding.from_json($)",
    "sys.env(\"A\")",
    "$ + $",
    "$ == $",
    "$[$]",
    "!$",
    "null",
    "0x1F",
    "1e3",
    "true",
    "[\"cpu\", \"meminfo\"]",
];

/// How deep expressions nest.
const DEEPEST: u8 = 4;

/// An agent.yaml of known keys and odd values.
pub(super) fn agent(input: &[u8]) {
    let mut choose = Unstructured::new(input);
    let Ok(text) = agent_text(&mut choose) else { return };
    let files = [("/etc/trento/agent.yaml", text.as_bytes()), ("/etc/machine-id", MACHINE)];
    if let Some(host) = system(&files) {
        files::settings(&host);
    }
}

/// A host: the whole catalogue ends, and shows no secret.
pub(super) fn host(input: &[u8]) {
    let mut choose = Unstructured::new(input);
    let Ok(made) = Made::of(&mut choose) else { return };
    let files = [
        ("/etc/trento/agent.yaml", made.agent.as_bytes()),
        ("/etc/machine-id", MACHINE),
        ("/etc/sysconfig/alloy", made.settings.as_bytes()),
        ("/etc/alloy/a.alloy", made.first.as_bytes()),
        ("/etc/alloy/b.alloy", made.second.as_bytes()),
    ];
    let Some(system) = system(&files) else { return };
    let host = Host::new(
        Installation::of(&system, Wanted::default()),
        Options { offline: true, ..Options::default() },
    );
    let checks = CHECKS.iter().filter_map(|loaded| loaded.check.as_deref().ok());
    let gathering = Gathering::of(&host, checks);
    let agent = Agent { agent_id: "host".to_owned(), ..Agent::default() };
    let plan = Plan::new(&CHECKS, Object::new(), &[]);
    let report = plan.on_host(&agent, None, |_| 0, &|check| gathering.supply(check), || {});
    let mut shown = Vec::new();
    let mut out = Outlet::new(system.secrets().clone(), &mut shown);
    serde_json::to_writer(&mut out, &report).expect("a report can be written");
    out.flush().expect("memory takes it");
    drop(out);
    let shown = String::from_utf8_lossy(&shown);
    assert!(!shown.contains(CANARY), "a secret is shown of\n{}\n{}", made.first, made.second);
}

struct Made {
    agent: String,
    settings: String,
    first: String,
    second: String,
}

impl Made {
    fn of(choose: &mut Unstructured<'_>) -> Result<Made> {
        let config =
            *choose.choose(&["/etc/alloy/", "/etc/alloy", "/etc/alloy/a.alloy", "/none", ""])?;
        let level =
            *choose.choose(&["", "--stability.level=experimental", "--nonsense \"", "$A"])?;
        Ok(Made {
            agent: agent_text(choose)?,
            settings: format!("CONFIG_FILE=\"{config}\"\nCUSTOM_ARGS='{level}'\nA=a b\n"),
            first: program(choose)?,
            second: program(choose)?,
        })
    }
}

fn agent_text(choose: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..choose.int_in_range(0..=12)? {
        let (key, value) = (*choose.choose(KEYS)?, *choose.choose(VALUES)?);
        let _ = writeln!(text, "{key}: {value}");
    }
    if choose.arbitrary()? {
        let key = choose.choose(&["prometheus-auth-password", "prometheus-auth-bearer-token"])?;
        let _ = writeln!(text, "{key}: {CANARY}");
    }
    if choose.ratio(1, 8)? {
        text.push_str(choose.arbitrary::<&str>()?);
    }
    Ok(text)
}

fn program(choose: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    for _ in 0..choose.int_in_range(0..=10)? {
        let block = *choose.choose(BLOCKS)?;
        fill(block, DEEPEST, choose, &mut text)?;
        text.push('\n');
    }
    Ok(text)
}

/// Puts chosen labels and expressions in the places that a piece leaves for them.
fn fill(piece: &str, depth: u8, choose: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    let mut chars = piece.chars().peekable();
    while let Some(c) = chars.next() {
        let is_group = chars.peek().is_some_and(char::is_ascii_digit);
        match c {
            '@' if chars.next_if_eq(&'@').is_some() => out.push('@'),
            '@' => out.push_str(choose.choose(LABELS)?),
            '$' if depth == 0 => out.push_str("\"\""),
            '$' if !is_group => fill(choose.choose(EXPRESSIONS)?, depth - 1, choose, out)?,
            c => out.push(c),
        }
    }
    Ok(())
}
