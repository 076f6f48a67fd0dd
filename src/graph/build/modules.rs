//! Loads the modules that a program imports, and finds what they declare.

use super::{Builder, DEEPEST};
use crate::eval::Value;
use crate::graph::component::{ComponentId, FileId, Scope, ScopeKind};
use crate::graph::import::{self, Import, Outcome, Texts};
use crate::graph::values::Values;
use crate::graph::{Loaded, Scoped, prover};

impl Builder {
    pub(super) fn declared_in(
        &self,
        import: ComponentId,
        name: Option<&str>,
    ) -> Result<ComponentId, String> {
        let outcome = self.graph.imports.iter().find(|found| found.component == import);
        if let Some(reason) = outcome.and_then(|found| found.outcome.reason()) {
            return Err(reason);
        }
        let module = self.graph.component(import).inside.first();
        let declares = module.map(|module| &self.graph.names[module.index()].declares);
        let label = self.graph.component(import).label.clone().unwrap_or_default();
        match (declares, name) {
            (Some(declares), Some(name)) => declares
                .get(name)
                .copied()
                .ok_or_else(|| format!("the module `{label}` declares no `{name}`")),
            _ => Err(format!("the module `{label}` is no component itself")),
        }
    }

    pub(super) fn load(&mut self, component: ComponentId) {
        if self.graph.component(component).duplicate_of.is_some() {
            return;
        }
        let (path, read) = self.read(component);
        let read = match path.as_deref().is_some_and(|path| self.is_open(component, path)) {
            true => Err(Outcome::Unknown("the module imports itself".to_owned())),
            false => read,
        };
        // What stands in the module asks for its path while it is loaded.
        let at = self.graph.imports.len();
        let outcome = Outcome::Loaded(Vec::new());
        self.graph.imports.push(Import { component, path, outcome });
        self.graph.imports[at].outcome = match read {
            Ok(texts) => self.take_in(component, texts),
            Err(outcome) => outcome,
        };
    }

    /// Whether a path is that of a module around.
    fn is_open(&self, component: ComponentId, path: &str) -> bool {
        let mut at = self.graph.component(component).scope;
        while let ScopeKind::Module { of } = self.graph.scope(at).kind {
            let around = self.graph.imports.iter().find(|import| import.component == of);
            if around.is_some_and(|import| import.path.as_deref() == Some(path)) {
                return true;
            }
            at = self.graph.component(of).scope;
        }
        false
    }

    fn read(&self, component: ComponentId) -> (Option<String>, Result<Texts, Outcome>) {
        let found = self.graph.component(component);
        let depth = self.graph.scope(found.scope).depth;
        let room =
            import::MOST_FILES.saturating_sub(self.graph.files.len() - self.graph.program_files);
        if depth >= DEEPEST || room == 0 {
            let why = "imports nest too deep or bring in too many files";
            return (None, Err(Outcome::Unknown(why.to_owned())));
        }
        let argument = match found.name.as_str() {
            "import.file" => "filename",
            "import.string" => "content",
            other => {
                let why = format!("`{other}` brings in a module from elsewhere, which is not read");
                return (None, Err(Outcome::Unknown(why)));
            }
        };
        let value = Values::new(&self.graph, &prover::memo(&self.graph))
            .argument(component, argument)
            .unwrap_or(Value::Null);
        let Some(text) = value.expose().and_then(|text| text.as_str()) else {
            let why = value.unknown_reason().unwrap_or("it is no text").to_owned();
            return (None, Err(Outcome::Unknown(format!("the import's {argument}: {why}"))));
        };
        if argument == "filename" {
            let path = self.graph.context.working_dir.join(text).to_string();
            (Some(path), import::read(&self.graph.context, text, room))
        } else {
            let outer = self.graph.source(found.file).path();
            let name = format!("{outer}#{}", found.local_id);
            (None, Ok(vec![import::parse(&name, text.as_bytes())]))
        }
    }

    /// Makes a module's files the graph's, and opens its scope if Alloy takes it.
    fn take_in(&mut self, component: ComponentId, texts: Texts) -> Outcome {
        let mut files = Vec::new();
        let mut broken = None;
        let mut stranger = None;
        for (source, tree, error) in texts {
            let file = FileId::new(self.graph.files.len());
            broken = broken.or(error.map(|(span, message)| (file, span, message)));
            let strange = import::first_stranger(&tree);
            stranger = stranger.or(strange.map(|(span, name)| (file, span, name)));
            self.graph.files.push(Loaded { source, tree });
            files.push(file);
        }
        if let Some((file, span, message)) = broken {
            return Outcome::Broken { files, file, span, message };
        }
        if let Some((file, span, name)) = stranger {
            return Outcome::NotAModule { files, file, span, name };
        }
        let scope = Scope {
            kind: ScopeKind::Module { of: component },
            path: self.graph.full_id(component),
            components: Vec::new(),
            depth: self.depth_in(component),
            is_idle: true,
        };
        let blocks = self.blocks_of(files.iter().map(|file| file.index()));
        let id = self.open(scope, Scoped::default(), blocks);
        self.graph.components[component.index()].inside.push(id);
        Outcome::Loaded(files)
    }
}
