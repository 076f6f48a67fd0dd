//! The secrets of a host: which files hold them, which are read, and texts with them covered.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use alloy_grammar::ast::{Attr, Body, Expr, ExprKind, LiteralKind, Stmt};
use alloy_grammar::literal::unquote;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::facts::Host;
use crate::facts::secret_files::{Reason, Reasons};
use crate::graph::{ComponentId, Graph, Values};
use crate::installation::Prometheus;
use crate::load::{LoadedFile, Variable};
use crate::secret::lines::Kind;
use crate::secret::names::{is_secret_name, names_a_secret_file};
use crate::secret::{self, Vault, tree};
use crate::source::{At, Source};

impl Host<'_> {
    /// The files that hold secrets of Alloy's configuration, and why each does.
    pub(super) fn secret_files(&self) -> Reasons {
        let mut files = Reasons::new();
        for file in self.configuration_files() {
            if tree::holds_a_secret(&file.tree) {
                let why = "it holds a secret".to_owned();
                files.insert(file.path.clone(), Reason { why, at: None });
            }
        }
        for Read { path, by, at, .. } in self.secret_reads() {
            let why = || format!("a secret is read from it by `{by}`");
            files.entry(path.clone()).or_insert_with(|| Reason { why: why(), at: at.clone() });
        }
        files
    }

    /// The files that Alloy's own process reads beside its configuration: secrets, `local.file`
    /// and modules. What systemd reads for it is not among them.
    pub(super) fn files_read_by_alloy(&self) -> BTreeSet<Utf8PathBuf> {
        let values = self.prover().values();
        let graph = values.graph();
        let secrets = self.secret_reads().iter().filter(|read| !read.by_systemd);
        let mut files: BTreeSet<Utf8PathBuf> = secrets.map(|read| read.path.clone()).collect();
        for (id, component) in graph.components() {
            if component.name == "local.file"
                && let Some(path) = file_name(&values, id)
            {
                files.insert(path);
            }
        }
        for import in graph.imports() {
            for file in import.outcome.files() {
                files.insert(Utf8PathBuf::from(graph.source(*file).path()));
            }
        }
        files.retain(|path| self.system().files.exists(path));
        files
    }

    /// Every text that a finding may point into, secrets covered, by its path.
    pub fn shown_sources(&self) -> BTreeMap<String, Source> {
        let vault = self.known_secrets();
        let mut shown = BTreeMap::new();
        let candidates = self.merge_set().candidates.iter().map(|candidate| &candidate.file);
        for file in self.configuration_files().chain(candidates) {
            let tree = file.is_sound().then_some(&*file.tree);
            shown
                .entry(file.source.path().to_owned())
                .or_insert_with(|| secret::covered(&file.source, tree, Kind::Configuration, vault));
        }
        let of_prometheus = self.installation().prometheus().map(|it| &it.configuration);
        for source in of_prometheus.iter().flat_map(|it| it.iter()).flat_map(|it| it.sources()) {
            let covered = secret::covered(source, None, Kind::Yaml, vault);
            shown.insert(source.path().to_owned(), covered);
        }
        let settings = self.plain_files();
        for path in settings {
            if let Ok(text) = self.system().files.read_to_string(&path) {
                let source = Source::new(path.as_str(), text);
                let is_agents = self.settings().file.path() == Some(&path)
                    || self.settings().shadowed.contains(&path);
                let kind = if is_agents { Kind::Yaml } else { Kind::Settings };
                shown.insert(path.into_string(), secret::covered(&source, None, kind, vault));
            }
        }
        shown
    }

    /// A fact without any known secret in it, whatever text it came in with.
    pub(super) fn scrubbed(&self, value: Json) -> Json {
        self.known_secrets().cover_json(value)
    }

    /// A message without any known secret in it.
    pub(super) fn scrubbed_text(&self, text: &str) -> String {
        self.known_secrets().cover(text)
    }

    /// What is loaded, modules included, and the file that the pipeline lies in if that is not.
    fn configuration_files(&self) -> impl Iterator<Item = &LoadedFile> {
        let loaded = &self.merge_set().files;
        loaded.iter().chain(self.further_files.get_or_init(|| self.find_further_files()))
    }

    /// Modules, and the file that the pipeline lies in if that is not loaded.
    fn find_further_files(&self) -> Vec<LoadedFile> {
        let mut files = Vec::new();
        let mut seen: HashSet<&str> =
            self.merge_set().files.iter().map(|file| file.source.path()).collect();
        let mut graphs = vec![self.graph()];
        if let Some(found) = self.deployment() {
            graphs.push(found.graph(self));
        }
        for graph in graphs {
            for file in graph.files() {
                let source = graph.source(file);
                if seen.insert(source.path()) {
                    let path = Utf8PathBuf::from(source.path());
                    files.push(LoadedFile::new(path, source.text().as_bytes().to_vec()));
                }
            }
        }
        files
    }

    /// Files that are no configuration of Alloy: agent.yaml, units, environment files.
    fn plain_files(&self) -> Vec<Utf8PathBuf> {
        let mut files: Vec<Utf8PathBuf> = Vec::new();
        if self.is_files_only() {
            return files;
        }
        if let Ok(unit) = &self.merge_set().start.unit {
            files.extend(unit.files());
        }
        if let Some(prometheus) = self.installation().prometheus() {
            files.extend(prometheus.unit.iter().flat_map(|unit| unit.files()));
        }
        files.extend(self.settings().file.path().map(Utf8Path::to_owned));
        files.extend(self.settings().shadowed.iter().cloned());
        let places = self.settings().iter().filter_map(|setting| setting.origin.at());
        files.extend(places.map(|at| Utf8PathBuf::from(&at.file)));
        files.sort();
        files.dedup();
        files
    }

    /// What is secret on this host, the files that secrets are read from included.
    pub fn known_secrets(&self) -> &Vault {
        let vault = self.system().secrets();
        self.secrets.get_or_init(|| {
            if !self.is_files_only() {
                self.settings();
            }
            for file in self.configuration_files() {
                tree::register(&[&file.tree], &tree::Nothing, vault);
            }
            let of_prometheus = self.installation().prometheus();
            for file in of_prometheus.map(Prometheus::secret_files).unwrap_or_default() {
                if let Ok(text) = self.system().files.read_to_string(&file) {
                    vault.register_content(&text);
                }
            }
            for read in self.secret_reads().iter().filter(|read| !read.by_systemd) {
                if let Ok(text) = self.system().files.read_to_string(&read.path) {
                    self.system().files.register_secret_file(&read.path, &text);
                }
            }
        });
        vault
    }

    /// Every place from which Alloy takes a secret.
    fn secret_reads(&self) -> &[Read] {
        self.note_merge_set();
        self.deployment();
        self.secret_reads.get_or_init(|| self.find_secret_reads())
    }

    fn find_secret_reads(&self) -> Vec<Read> {
        let mut reads = Vec::new();
        let mut provers = vec![self.prover()];
        if let Some(found) = self.deployment()
            && !found.is_in_what_is_loaded()
        {
            provers.push(found.prover(self));
        }
        for prover in provers {
            let values = prover.values();
            for (id, component) in prover.graph().components() {
                if component.is_component() || component.name == "http" {
                    self.reads_of(&values, id, &mut reads);
                }
            }
        }
        reads
    }

    fn reads_of(&self, values: &Values<'_>, id: ComponentId, reads: &mut Vec<Read>) {
        let graph = values.graph();
        let mut bodies: Vec<Body<'_>> = vec![graph.block(id).body()];
        while let Some(body) = bodies.pop() {
            for stmt in body.stmts() {
                let attr = match stmt {
                    Stmt::Block(block) => {
                        bodies.push(block.body());
                        continue;
                    }
                    Stmt::Attr(attr) => attr,
                };
                let at = || graph.at(graph.place(id, attr.span()));
                if names_a_secret_file(attr.name()) {
                    if let Some(path) = values.expr(id, attr.value()).as_str() {
                        let path = graph.context().working_dir.join(path);
                        let by = graph.full_id(id);
                        reads.push(Read { path, by, at: at(), by_systemd: false });
                    }
                } else if is_secret_name(attr.name()) {
                    self.sources_of(values, id, attr, reads);
                }
            }
        }
    }

    /// The files behind an expression: what `local.file` reads and where variables are set.
    fn sources_of(
        &self,
        values: &Values<'_>,
        id: ComponentId,
        attr: Attr<'_>,
        reads: &mut Vec<Read>,
    ) {
        let graph = values.graph();
        let by = || graph.full_id(id);
        let span = attr.value().span();
        for reference in graph.references_of(id) {
            let inside =
                reference.place.span.start >= span.start && reference.place.span.end <= span.end;
            if let crate::graph::Target::Component { id: used, .. } = reference.target
                && inside
                && graph.component(used).name == "local.file"
                && let Some(path) = file_name(values, used)
            {
                let at = graph.at(graph.place(id, attr.span()));
                reads.push(Read { path, by: by(), at, by_systemd: false });
            }
        }
        for name in variables(attr.value()) {
            if let Variable::Set(set) = self.merge_set().start.environment.get(&name)
                && let Some(At { file, .. }) = &set.at
            {
                let path = Utf8PathBuf::from(file);
                reads.push(Read { path, by: by(), at: set.at.clone(), by_systemd: true });
            }
        }
    }
}

/// A file from which a secret is taken.
pub(super) struct Read {
    path: Utf8PathBuf,
    /// The component that uses it.
    by: String,
    at: Option<At>,
    /// Whether systemd reads it, as root, rather than Alloy.
    by_systemd: bool,
}

fn file_name(values: &Values<'_>, id: ComponentId) -> Option<Utf8PathBuf> {
    let graph: &Graph = values.graph();
    let name = values.argument(id, "filename")?;
    Some(graph.context().working_dir.join(name.as_str()?))
}

/// The variables that an expression asks for with `sys.env`, or by its old name `env`.
fn variables(value: Expr<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let mut todo = vec![value];
    while let Some(expr) = todo.pop() {
        match expr.kind() {
            ExprKind::Literal(..) | ExprKind::Ident(_) => {}
            ExprKind::Array(items) => todo.extend(items.iter()),
            ExprKind::Object(fields) => todo.extend(fields.iter().map(|field| field.value())),
            ExprKind::Access { target, .. } => todo.push(target),
            ExprKind::Index { target, index } => todo.extend([target, index]),
            ExprKind::Call { target, args } => {
                let asks = matches!(target.kind(), ExprKind::Access { name: "env", .. })
                    || matches!(target.kind(), ExprKind::Ident("env"));
                for arg in args.iter() {
                    match arg.kind() {
                        ExprKind::Literal(LiteralKind::String, text) if asks => {
                            names.extend(unquote(text).map(|name| name.into_owned()));
                        }
                        _ => todo.push(arg),
                    }
                }
            }
            ExprKind::Unary { operand, .. } => todo.push(operand),
            ExprKind::Binary { left, right, .. } => todo.extend([left, right]),
            ExprKind::Paren(inner) => todo.push(inner),
        }
    }
    names
}
