//! Expressions in the place of a secret, and URLs in the place of anything: their leaves.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use alloy_grammar::ast::{Expr, ExprKind, LiteralKind};
use alloy_grammar::literal::unquote;

use super::flows::{Flows, text_of};
use super::{names, url};

/// Part of an expression that holds a secret or leads to one.
pub(super) enum Leaf<'p> {
    /// A literal that is a secret; the place includes its quotes.
    Text { place: Range<usize>, text: Cow<'p, str> },
    /// A word in the place of a secret: a name without quotes, a key, a label.
    Word { place: Range<usize>, text: &'p str },
    /// User-info, or part of it.
    Info { place: Range<usize>, text: String },
    /// A literal that is none, and may hold some.
    Open { place: Range<usize>, text: Cow<'p, str>, raw: &'p str },
    /// A variable of the environment.
    Variable { name: String },
    /// A file that is read.
    File { path: String },
}

impl Leaf<'_> {
    /// What of the text to cover.
    pub(super) fn places(&self) -> Vec<Range<usize>> {
        match self {
            Leaf::Text { place, .. } | Leaf::Word { place, .. } | Leaf::Info { place, .. } => {
                vec![place.clone()]
            }
            Leaf::Open { place, text, raw } => {
                let mut found = url::credentials(raw);
                if raw.len() > 2 && raw[1..raw.len() - 1] == **text {
                    found.extend(url::user_info(text).map(|info| info.start + 1..info.end + 1));
                } else if let Some(info) = url::user_info(raw) {
                    found.push(info.start.max(1)..info.end);
                }
                found.extend(super::lines::places(raw, super::lines::Kind::Comment));
                let start = place.start;
                found.into_iter().map(|it| start + it.start..start + it.end).collect()
            }
            Leaf::Variable { .. } | Leaf::File { .. } => Vec::new(),
        }
    }

    /// Whether it is more than a way to a secret.
    pub(super) fn holds_a_secret(&self) -> bool {
        match self {
            Leaf::Text { text, .. } => !text.is_empty(),
            Leaf::Info { text, .. } => text.contains(':'),
            Leaf::Open { text, .. } => {
                let info = url::user_info(text).filter(|_| text.contains("://"));
                info.is_some_and(|info| text[info].contains(':'))
            }
            Leaf::Word { .. } | Leaf::Variable { .. } | Leaf::File { .. } => false,
        }
    }
}

/// What names mean where an expression stands, and where its leaves go.
pub(super) struct Names<'w, 'p> {
    pub(super) flows: &'w mut Flows,
    pub(super) roots: &'w BTreeSet<&'p str>,
    pub(super) variables: &'w [(String, String)],
    pub(super) declare: Option<&'p str>,
    pub(super) leaves: &'w mut Vec<Leaf<'p>>,
}

/// What a reference may begin with in every program.
const ROOTS: &[&str] = &[
    "argument",
    "array",
    "constants",
    "convert",
    "encoding",
    "env",
    "file",
    "json_path",
    "local",
    "map",
    "math",
    "module",
    "module_path",
    "null",
    "remote",
    "string",
    "sys",
    "targets",
    "true",
    "false",
    "coalesce",
    "concat",
    "format",
    "join",
    "nonsensitive",
    "trim_space",
    "json_decode",
    "yaml_decode",
    "base64_decode",
    "std",
    "crypto",
];

impl<'p> Names<'_, 'p> {
    /// An expression whose value is a secret.
    pub(super) fn secret(&mut self, expr: Expr<'p>) {
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            match expr.kind() {
                ExprKind::Literal(LiteralKind::String, raw) => {
                    let text = unquote(raw).unwrap_or(Cow::Borrowed(raw));
                    let place = expr.span().range();
                    self.leaves.push(Leaf::Text { place, text });
                }
                ExprKind::Literal(LiteralKind::Number | LiteralKind::Float, text) => {
                    let place = expr.span().range();
                    self.leaves.push(Leaf::Word { place, text });
                }
                ExprKind::Literal(..) => {}
                ExprKind::Ident(_) | ExprKind::Access { .. } => {
                    if let Some(inner) = self.reference(expr) {
                        todo.push(inner);
                    }
                }
                ExprKind::Array(items) => todo.extend(items.iter()),
                ExprKind::Object(fields) => {
                    for field in fields.iter() {
                        let place = field.name_span().range();
                        self.leaves.push(Leaf::Word { place, text: field.name() });
                        todo.push(field.value());
                    }
                }
                ExprKind::Index { target, .. } => todo.push(target),
                ExprKind::Call { target, args } => {
                    if !self.variables_of(target, args) {
                        todo.extend(args.iter());
                    }
                }
                ExprKind::Unary { operand, .. } => todo.push(operand),
                ExprKind::Binary { left, right, .. } => todo.extend([left, right]),
                ExprKind::Paren(inner) => todo.push(inner),
            }
        }
    }

    /// The scheme of an `authorization` block: what stands behind its word is the credential.
    pub(super) fn scheme(&mut self, expr: Expr<'p>) {
        let text = text_of(expr).unwrap_or_default();
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
        match text.trim().split_once(char::is_whitespace) {
            Some((_, credential)) => {
                let text = Cow::Owned(credential.trim().to_owned());
                self.leaves.push(Leaf::Text { place: expr.span().range(), text });
            }
            None if !text.is_empty() && !is_word(&text) || text.len() > 16 => self.secret(expr),
            None => self.open("type", expr, &[]),
        }
    }

    /// A map of headers, or of parameters of a request.
    pub(super) fn headers(&mut self, expr: Expr<'p>, all: bool) {
        match expr.kind() {
            ExprKind::Object(fields) => {
                for field in fields.iter() {
                    if all || !names::is_harmless_header(field.name()) {
                        self.secret(field.value());
                    } else {
                        self.open(field.name(), field.value(), &[]);
                    }
                }
            }
            _ => self.secret(expr),
        }
    }

    /// An expression that is no secret; of objects in it, fields that are named like one or that
    /// flow into one are.
    pub(super) fn open(&mut self, name: &str, expr: Expr<'p>, secret_fields: &[String]) {
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            match expr.kind() {
                ExprKind::Literal(LiteralKind::String, raw) => {
                    let text = unquote(raw).unwrap_or(Cow::Borrowed(raw));
                    if text.contains(['@', '=', ':', '\n']) {
                        let place = expr.span().range();
                        self.leaves.push(Leaf::Open { place, text, raw });
                    }
                }
                ExprKind::Literal(..) | ExprKind::Ident(_) => {}
                ExprKind::Access { target, .. } => todo.push(target),
                ExprKind::Index { target, .. } => todo.push(target),
                ExprKind::Array(items) => todo.extend(items.iter()),
                ExprKind::Object(fields) => {
                    for field in fields.iter() {
                        let flows = secret_fields.iter().any(|secret| secret == field.name());
                        if flows || names::is_secret_name(field.name()) {
                            self.secret(field.value());
                        } else if names::is_header_map(field.name()) {
                            self.headers(field.value(), false);
                        } else {
                            todo.push(field.value());
                        }
                    }
                }
                ExprKind::Call { .. } | ExprKind::Binary { .. } => {
                    let leaves = leaves_in_order(expr);
                    match expr.kind() {
                        // What is no URL as a whole holds none that is put together.
                        _ if !is_url_of_pieces(name, &leaves) => todo.extend(leaves),
                        ExprKind::Call { args, .. } => args.iter().for_each(|arg| self.piece(arg)),
                        _ => self.pieces(expr),
                    }
                }
                ExprKind::Unary { operand, .. } => todo.push(operand),
                ExprKind::Paren(inner) => todo.push(inner),
            }
        }
    }

    /// A URL put together with `+`: what of it is user-info.
    fn pieces(&mut self, expr: Expr<'p>) {
        let parts = leaves_in_order(expr);
        // What is not known is one character that no URL has.
        let texts: Vec<String> = parts
            .iter()
            .map(|part| text_of(*part).unwrap_or_else(|| "\u{1a}".to_owned()))
            .collect();
        let whole = texts.concat();
        let Some(info) = url::user_info(&whole) else {
            parts.iter().for_each(|part| self.piece(*part));
            return;
        };
        let mut start = 0;
        for (part, text) in parts.iter().zip(&texts) {
            let end = start + text.len();
            let (from, to) = (info.start.max(start), info.end.min(end));
            if from < to {
                match text_of(*part) {
                    Some(text) => {
                        let inner = &text[from - start..to - start];
                        let place = part.span().range();
                        self.leaves.push(Leaf::Info { place, text: inner.to_owned() });
                    }
                    None => self.secret(*part),
                }
            }
            start = end;
        }
        let known = whole[info].replace('\u{1a}', "");
        let place = expr.span().range();
        self.leaves.push(Leaf::Info { place: place.start..place.start, text: known });
    }

    /// An argument of what puts a URL with user-info together.
    fn piece(&mut self, expr: Expr<'p>) {
        match text_of(expr) {
            Some(text) if text.contains("://") || text.contains('%') => {
                if let ExprKind::Literal(_, raw) = expr.kind() {
                    let text = Cow::Owned(text);
                    self.leaves.push(Leaf::Open { place: expr.span().range(), text, raw });
                }
            }
            _ => self.secret(expr),
        }
    }

    /// What a name in the place of a secret leads to; the secret itself, if to nothing. Gives back
    /// what is accessed, where that is no name.
    fn reference(&mut self, expr: Expr<'p>) -> Option<Expr<'p>> {
        let mut path = Vec::new();
        let mut at = expr;
        loop {
            match at.kind() {
                ExprKind::Access { target, name, .. } => {
                    path.push(name);
                    at = target;
                }
                ExprKind::Ident(name) => {
                    path.push(name);
                    break;
                }
                _ => return Some(at),
            }
        }
        path.reverse();
        let root = path[0];
        if let Some((_, label)) = self.variables.iter().rev().find(|(name, _)| name == root) {
            let field = path.get(1).map(|field| (*field).to_owned());
            self.flows.collections.insert((label.clone(), field));
            return None;
        }
        match (path.as_slice(), self.declare) {
            (["argument", name, ..], Some(declare)) => {
                self.flows.arguments.insert((declare.to_owned(), (*name).to_owned()));
            }
            (["local", "file", label, ..], _) => {
                self.flows.local_files.insert((*label).to_owned());
            }
            ([.., module, _, export], _) if self.roots.contains(root) => {
                self.flows.exports.insert(((*module).to_owned(), (*export).to_owned()));
            }
            _ if self.roots.contains(root) || ROOTS.contains(&root) || is_component(&path) => {}
            _ => {
                let place = expr.span().range();
                let text = expr.file().source().get(place.clone()).unwrap_or_default();
                self.leaves.push(Leaf::Word { place: place.clone(), text });
                for text in path {
                    self.leaves.push(Leaf::Word { place: place.clone(), text });
                }
            }
        }
        None
    }

    /// The variables that a call of `sys.env` asks for; false if it is none.
    fn variables_of(&mut self, target: Expr<'p>, args: alloy_grammar::ast::Exprs<'p>) -> bool {
        let asks = matches!(target.kind(), ExprKind::Access { name: "env", .. })
            || matches!(target.kind(), ExprKind::Ident("env"));
        if asks {
            for name in args.iter().filter_map(text_of) {
                self.leaves.push(Leaf::Variable { name });
            }
        }
        asks
    }
}

/// Whether a path can be that of a component: its first names are those of one.
fn is_component(path: &[&str]) -> bool {
    const SPACES: &[&str] =
        &["prometheus", "discovery", "otelcol", "loki", "mimir", "pyroscope", "beyla", "faro"];
    path.len() > 2 && SPACES.contains(&path[0])
}

/// Whether an expression with these parts puts a URL with user-info together.
fn is_url_of_pieces(name: &str, leaves: &[Expr<'_>]) -> bool {
    let texts: Vec<String> = leaves.iter().copied().filter_map(text_of).collect();
    let is_url = names::is_url_name(name) || texts.iter().any(|text| text.contains("://"));
    is_url && texts.iter().any(|text| text.contains('@') || text.contains("%40"))
}

/// The parts of a sum, of parentheses and of calls, from left to right.
fn leaves_in_order(expr: Expr<'_>) -> Vec<Expr<'_>> {
    let mut leaves = Vec::new();
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match expr.kind() {
            ExprKind::Binary { left, right, .. } => todo.extend([right, left]),
            ExprKind::Paren(inner) => todo.push(inner),
            ExprKind::Call { args, .. } => todo.extend(args.iter().rev()),
            ExprKind::Array(items) => todo.extend(items.iter().rev()),
            _ => leaves.push(expr),
        }
    }
    leaves
}
