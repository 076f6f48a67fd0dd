//! The tree as canonical JSON: the form in which trees of different programs are compared.
//!
//! One value without spaces, keys in a fixed order. Strings escape `"`, `\` and control characters
//! below U+0020 (as `\u00xx`), nothing else. Places are byte offsets.
//!
//! - A file: `{"b":[statements],"c":[[[offset,length]…]…]}`, `c` being the groups of comments.
//! - Statements: `attr` (name `n`, place `p`, value `v`), `block` (name parts `n`, place `p`, label
//!   `l` and its place `lp` if one is written, braces `s` and `e`, body `b`).
//! - Expressions: `lit` (sort `t`, source text `v`, `p`), `id` (`n`, `p`), `arr` (`s`, `e`,
//!   elements `x`), `obj` (`s`, `e`, fields `f` of name `n`, `q` if quoted, `p`, `v`), `acc`
//!   (target `x`, name `n`, `p`), `idx` (`x`, index `i`, `s`, `e`), `call` (`x`, arguments `a`,
//!   `s`, `e`), `un` (`op`, `p`, `x`), `bin` (`op`, `p`, `l`, `r`), `par` (`s`, `e`, `x`).

use crate::ast::{ExprId, ExprNode, FieldNode, File, List, LiteralKind, Stmt, StmtId, StmtNode};
use crate::span::Span;

/// Writes the tree of a file.
///
/// ```
/// let file = alloy_grammar::parser::parse(b"a = 1").file;
/// let one = r#"{"k":"lit","t":"NUMBER","v":"1","p":4}"#;
/// let json = format!(r#"{{"b":[{{"k":"attr","n":"a","p":0,"v":{one}}}],"c":[]}}"#);
/// assert_eq!(alloy_grammar::json::write(&file), json);
/// ```
pub fn write(file: &File) -> String {
    let mut writer = Writer { file, out: String::new(), jobs: Vec::new() };
    writer.out.push_str("{\"b\":[");
    writer.jobs.push(Job::Text("]"));
    writer.row(file.body, Job::Stmt);
    writer.run();
    writer.comments();
    writer.out.push('}');
    writer.out
}

/// What is still to be written, the next one last: a stack of our own, so that the native one does
/// not grow with the nesting of the tree.
#[derive(Clone, Copy)]
enum Job {
    Text(&'static str),
    Brackets { open: u32, close: u32 },
    Name(Span),
    Stmt(u32),
    Expr(ExprId),
    Field(u32),
}

struct Writer<'f> {
    file: &'f File,
    out: String,
    jobs: Vec<Job>,
}

impl Writer<'_> {
    fn run(&mut self) {
        while let Some(job) = self.jobs.pop() {
            match job {
                Job::Text(text) => self.out.push_str(text),
                Job::Brackets { open, close } => self.brackets(open, close),
                Job::Name(at) => self.name(at),
                Job::Stmt(id) => self.statement(id),
                Job::Expr(id) => self.expression(id),
                Job::Field(index) => self.field(index),
            }
        }
    }

    fn comments(&mut self) {
        self.out.push_str(",\"c\":[");
        let mut last_group = None;
        for comment in &self.file.comments {
            if last_group == Some(comment.group) {
                self.out.push(',');
            } else {
                self.out.push_str(if last_group.is_none() { "[" } else { "],[" });
            }
            last_group = Some(comment.group);
            self.number("[", comment.span.start);
            self.number(",", self.file.comment_text(*comment).len() as u32);
            self.out.push(']');
        }
        self.out.push_str(if last_group.is_none() { "]" } else { "]]" });
    }

    fn statement(&mut self, id: u32) {
        match (self.file.stmts[id as usize], self.file.stmt(StmtId(id))) {
            (StmtNode::Block { body, open, close, .. }, Stmt::Block(block)) => {
                for (index, part) in block.name_parts().enumerate() {
                    self.out.push_str(if index > 0 { "," } else { "{\"k\":\"block\",\"n\":[" });
                    self.string(part);
                }
                self.number("],\"p\":", block.name_span().start);
                if block.has_label_token() {
                    self.out.push_str(",\"l\":");
                    self.string(block.label().unwrap_or_default());
                    self.number(",\"lp\":", block.label_span().start);
                }
                self.brackets(open, close);
                self.out.push_str(",\"b\":[");
                self.jobs.push(Job::Text("]}"));
                self.row(body, Job::Stmt);
            }
            (_, Stmt::Attr(attr)) => {
                self.out.push_str("{\"k\":\"attr\"");
                self.name(attr.name_span());
                self.later([Job::Text(",\"v\":"), Job::Expr(attr.value().id()), Job::Text("}")]);
            }
            _ => {}
        }
    }

    fn expression(&mut self, id: ExprId) {
        match self.file.exprs[id.0 as usize] {
            ExprNode::Literal { kind, at } => {
                self.out.push_str("{\"k\":\"lit\",\"t\":\"");
                self.out.push_str(sort(kind));
                self.out.push_str("\",\"v\":");
                self.string(self.file.slice(at));
                self.number(",\"p\":", at.start);
                self.out.push('}');
            }
            ExprNode::Ident { at } => {
                self.out.push_str("{\"k\":\"id\"");
                self.name(at);
                self.out.push('}');
            }
            ExprNode::Array { items, at } => {
                self.out.push_str("{\"k\":\"arr\"");
                self.brackets(at.start, at.end - 1);
                self.out.push_str(",\"x\":[");
                self.jobs.push(Job::Text("]}"));
                self.row(items, |id| Job::Expr(ExprId(id)));
            }
            ExprNode::Object { fields, at } => {
                self.out.push_str("{\"k\":\"obj\"");
                self.brackets(at.start, at.end - 1);
                self.out.push_str(",\"f\":[");
                self.jobs.push(Job::Text("]}"));
                self.jobs.extend((fields.start..fields.start + fields.len).rev().map(Job::Field));
            }
            node => self.compound(node),
        }
    }

    fn compound(&mut self, node: ExprNode) {
        match node {
            ExprNode::Access { target, name } => {
                self.out.push_str("{\"k\":\"acc\",\"x\":");
                self.later([Job::Expr(target), Job::Name(name), Job::Text("}")]);
            }
            ExprNode::Index { target, index, open, close } => {
                self.out.push_str("{\"k\":\"idx\",\"x\":");
                self.later([Job::Brackets { open, close }, Job::Text("}")]);
                self.later([Job::Expr(target), Job::Text(",\"i\":"), Job::Expr(index)]);
            }
            ExprNode::Call { target, args, open, close } => {
                self.out.push_str("{\"k\":\"call\",\"x\":");
                self.later([Job::Text("]"), Job::Brackets { open, close }, Job::Text("}")]);
                self.row(args, |id| Job::Expr(ExprId(id)));
                self.later([Job::Expr(target), Job::Text(",\"a\":[")]);
            }
            ExprNode::Unary { op, operand, at } => {
                self.operator("un", op.symbol(), at);
                self.out.push_str(",\"x\":");
                self.later([Job::Expr(operand), Job::Text("}")]);
            }
            ExprNode::Binary { op, left, right, at } => {
                self.operator("bin", op.symbol(), at);
                self.out.push_str(",\"l\":");
                self.later([Job::Text(",\"r\":"), Job::Expr(right), Job::Text("}")]);
                self.jobs.push(Job::Expr(left));
            }
            ExprNode::Paren { inner, at } => {
                self.out.push_str("{\"k\":\"par\"");
                self.brackets(at.start, at.end - 1);
                self.out.push_str(",\"x\":");
                self.later([Job::Expr(inner), Job::Text("}")]);
            }
            _ => {}
        }
    }

    fn field(&mut self, index: u32) {
        let FieldNode { name, quoted, value } = self.file.fields[index as usize];
        self.out.push_str(if self.out.ends_with('[') { "{\"n\":" } else { ",{\"n\":" });
        self.string(self.file.slice(name));
        self.out.push_str(if quoted { ",\"q\":true" } else { "" });
        self.number(",\"p\":", name.start - u32::from(quoted));
        self.later([Job::Text(",\"v\":"), Job::Expr(value), Job::Text("}")]);
    }

    /// Puts jobs before all others, the first of them first.
    fn later<const N: usize>(&mut self, jobs: [Job; N]) {
        self.jobs.extend(jobs.into_iter().rev());
    }

    fn row(&mut self, list: List, job: impl Fn(u32) -> Job) {
        for (index, &id) in self.file.list(list).iter().enumerate().rev() {
            self.jobs.push(job(id));
            if index > 0 {
                self.jobs.push(Job::Text(","));
            }
        }
    }

    fn operator(&mut self, sort: &str, symbol: &str, at: u32) {
        self.out.push_str("{\"k\":\"");
        self.out.push_str(sort);
        self.out.push_str("\",\"op\":\"");
        self.out.push_str(symbol);
        self.number("\",\"p\":", at);
    }

    fn name(&mut self, at: Span) {
        self.out.push_str(",\"n\":");
        self.string(self.file.slice(at));
        self.number(",\"p\":", at.start);
    }

    fn brackets(&mut self, open: u32, close: u32) {
        self.number(",\"s\":", open);
        self.number(",\"e\":", close);
    }

    fn number(&mut self, before: &str, number: u32) {
        self.out.push_str(before);
        self.out.push_str(&number.to_string());
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\0'..' ' => self.out.push_str(&format!("\\u{:04x}", c as u32)),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn sort(kind: LiteralKind) -> &'static str {
    match kind {
        LiteralKind::Null => "NULL",
        LiteralKind::Bool => "BOOL",
        LiteralKind::Number => "NUMBER",
        LiteralKind::Float => "FLOAT",
        LiteralKind::String => "STRING",
    }
}
