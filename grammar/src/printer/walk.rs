//! Walks the tree and says what is written: which tokens, and what white space between them.
//!
//! A stack of its own holds what is still to be done, so that the native stack does not grow with
//! the nesting of the tree.

use super::writer::{Space, Writer};
use super::{Care, Printed};
use crate::ast::{ExprId, ExprNode, FieldNode, File, List, LiteralKind, StmtId, StmtNode};
use crate::literal;
use crate::span::Span;

/// What is still to be done, the next one last.
#[derive(Clone, Copy)]
enum Job {
    /// The statements of a list from an index on.
    Statements {
        list: List,
        index: u32,
    },
    /// The line break behind a statement that begins on that line.
    StatementEnd {
        stmt: u32,
        line: u32,
        written_line: u32,
    },
    CloseBlock {
        at: u32,
        after: u32,
    },
    Expr(ExprId),
    /// A sign without a place of its own.
    Sign(&'static str),
    SignAt(&'static str, u32),
    BinaryOp {
        op: &'static str,
        at: u32,
    },
    Name(Span),
    Item(Row),
    ItemEnd {
        row: Row,
        indented: bool,
    },
}

/// A row of elements, arguments or fields, and how far it has been written.
#[derive(Clone, Copy)]
struct Row {
    kind: RowKind,
    list: List,
    index: u32,
    /// Offset at which what was written before the next item ends.
    before: u32,
    /// Line of the text on which that is.
    written_line: u32,
    close: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RowKind {
    Array,
    Call,
    Object,
}

/// Writes a whole file. Nothing if the text is too long.
pub(super) fn write(file: &File, care: Care) -> Option<Printed> {
    let mut jobs = Vec::with_capacity(32);
    jobs.push(Job::Statements { list: file.body, index: 0 });
    let mut walker = Walker { file, care, writer: Writer::new(file), jobs };
    while let Some(job) = walker.jobs.pop() {
        walker.run(job);
    }
    walker.writer.finish()
}

struct Walker<'f> {
    file: &'f File,
    care: Care,
    writer: Writer<'f>,
    jobs: Vec<Job>,
}

impl Walker<'_> {
    fn run(&mut self, job: Job) {
        match job {
            Job::Statements { list, index } => self.statements(list, index),
            Job::StatementEnd { stmt, line, written_line } => {
                let is_long = if self.care == Care::Reference {
                    let end = self.file.stmt(StmtId(stmt)).span().end - 1;
                    self.writer.line(end) > line
                } else {
                    self.writer.written_line > written_line
                };
                self.writer.space(if is_long { Space::Break } else { Space::Newline });
            }
            Job::CloseBlock { at, after } => {
                self.writer.space(Space::Unindent);
                self.writer.comments_are_safe_from(after);
                self.sign_at("}", at);
            }
            Job::Expr(id) => self.expression(id),
            Job::Sign(sign) => self.writer.sign(sign),
            Job::SignAt(sign, at) => self.sign_at(sign, at),
            Job::BinaryOp { op, at } => {
                self.writer.space(Space::Blank);
                self.sign_at(op, at);
                self.writer.space(Space::Blank);
            }
            Job::Name(at) => self.writer.name(self.file.slice(at)),
            Job::Item(row) => self.item(row),
            Job::ItemEnd { row, indented } => self.item_end(row, indented),
        }
    }

    fn sign_at(&mut self, sign: &'static str, at: u32) {
        self.writer.at(at);
        self.writer.sign(sign);
    }

    fn statements(&mut self, list: List, index: u32) {
        let Some(&id) = self.file.list(list).get(index as usize) else { return };
        let stmt = self.file.stmt(StmtId(id));
        let line = self.writer.line(stmt.span().start);
        let mut after = 0;
        if index > 0 {
            let before = self.file.list(list)[index as usize - 1];
            after = self.file.stmt(StmtId(before)).span().end;
            if stmt.as_block().is_some() || line > self.writer.line(after - 1) + 1 {
                self.writer.space(Space::Break);
            }
        }
        self.jobs.push(Job::Statements { list, index: index + 1 });
        self.writer.comments_are_safe_from(after);
        match self.file.stmts[id as usize] {
            StmtNode::Attr { name, value } => {
                self.writer.at(name.start);
                if self.care == Care::Utmost && self.writer.has_comment_in(stmt.span()) {
                    self.writer.verbatim(self.file.slice(stmt.span()));
                    self.writer.skip_comments(stmt.span().end);
                    self.writer.space(Space::Break);
                    return;
                }
                self.writer.name(self.file.slice(name));
                let written_line = self.writer.written_line;
                self.jobs.push(Job::StatementEnd { stmt: id, line, written_line });
                self.writer.space(Space::Align);
                self.writer.sign("=");
                self.writer.space(Space::Blank);
                self.expression(value);
            }
            block => self.block(id, line, block),
        }
    }

    fn block(&mut self, id: u32, line: u32, block: StmtNode) {
        let StmtNode::Block { name, name_at, label, body, open, close } = block else { return };
        self.writer.at(name_at.start);
        self.writer.name(self.file.slice(name));
        let written_line = self.writer.written_line;
        self.jobs.push(Job::StatementEnd { stmt: id, line, written_line });
        self.label(label);
        self.writer.space(Space::Blank);
        self.sign_at("{", open);
        self.writer.space(Space::Indent);
        let last = self.file.list(body).last();
        let after = last.map_or(open, |&last| self.file.stmt(StmtId(last)).span().end);
        self.jobs.push(Job::CloseBlock { at: close, after });
        if body.len == 0 {
            self.writer.space(Space::Blank);
        } else {
            self.writer.space(Space::Break);
            self.jobs.push(Job::Statements { list: body, index: 0 });
        }
    }

    /// Writes a label. An empty one is left out.
    fn label(&mut self, label: Span) {
        if label.is_none() || label.len() <= 2 {
            return;
        }
        self.writer.space(Space::Blank);
        self.writer.at(label.start);
        self.writer.name(self.file.slice(label));
    }

    fn expression(&mut self, id: ExprId) {
        match self.file.exprs[id.0 as usize] {
            ExprNode::Literal { kind, at } => {
                self.writer.at(at.start);
                let text = self.file.slice(at);
                match kind {
                    LiteralKind::String if self.care > Care::Lines => self.writer.verbatim(text),
                    LiteralKind::String => self.writer.literal(text),
                    LiteralKind::Number => self.writer.number(text),
                    _ => self.writer.name(text),
                }
            }
            ExprNode::Ident { at } => {
                self.writer.at(at.start);
                self.writer.name(self.file.slice(at));
            }
            ExprNode::Array { items, at } => {
                self.sign_at("[", at.start);
                self.row(RowKind::Array, items, at.start, at.end - 1);
            }
            ExprNode::Object { fields, at } => {
                self.sign_at("{", at.start);
                self.writer.space(Space::Indent);
                self.row(RowKind::Object, fields, at.start, at.end - 1);
            }
            ExprNode::Access { target, name } => {
                self.later([Job::Expr(target), Job::Sign("."), Job::Name(name)]);
            }
            ExprNode::Index { target, index, open, close } => {
                self.jobs.push(Job::SignAt("]", close));
                self.later([Job::Expr(target), Job::SignAt("[", open), Job::Expr(index)]);
            }
            ExprNode::Call { target, args, open, close } => {
                self.row(RowKind::Call, args, open, close);
                self.later([Job::Expr(target), Job::Sign("(")]);
            }
            ExprNode::Unary { op, operand, at } => {
                self.sign_at(op.symbol(), at);
                self.jobs.push(Job::Expr(operand));
            }
            ExprNode::Binary { op, left, right, at } => {
                let op = Job::BinaryOp { op: op.symbol(), at };
                self.later([Job::Expr(left), op, Job::Expr(right)]);
            }
            ExprNode::Paren { inner, .. } => {
                self.later([Job::Sign("("), Job::Expr(inner), Job::Sign(")")]);
            }
        }
    }

    /// Puts jobs before all others, the first of them first.
    fn later<const N: usize>(&mut self, jobs: [Job; N]) {
        self.jobs.extend(jobs.into_iter().rev());
    }

    fn row(&mut self, kind: RowKind, list: List, open: u32, close: u32) {
        let written_line = self.writer.written_line;
        self.jobs.push(Job::Item(Row { kind, list, index: 0, before: open, written_line, close }));
    }

    /// Writes what stands before the next item of a row, or ends the row.
    fn item(&mut self, mut row: Row) {
        if row.index == row.list.len {
            return self.close_row(row);
        }
        if row.kind == RowKind::Object {
            return self.field(row);
        }
        let id = ExprId(self.file.list(row.list)[row.index as usize]);
        let at = self.file.expr(id).span();
        let breaks = self.breaks(row.before, at.start);
        match row.kind {
            RowKind::Call if breaks => {
                self.writer.space(Space::Break);
                self.writer.space(Space::Indent);
            }
            RowKind::Call => {}
            // The indent comes first, so that it counts for comments before the line break.
            _ if breaks => {
                self.writer.space(Space::Indent);
                self.writer.space(Space::Break);
            }
            _ if row.index > 0 => self.writer.space(Space::Blank),
            _ => {}
        }
        if breaks && row.kind == RowKind::Array {
            self.writer.comments_are_safe_from(row.before);
        }
        row.before = at.end - 1;
        self.jobs.push(Job::ItemEnd { row, indented: breaks });
        self.jobs.push(Job::Expr(id));
    }

    fn field(&mut self, mut row: Row) {
        let index = row.list.start + row.index;
        let FieldNode { name, quoted, value } = self.file.fields[index as usize];
        let start = name.start - u32::from(quoted);
        if self.breaks(row.before, start) {
            let is_aligned = row.index > 0
                && if self.care == Care::Reference {
                    !self.is_long(self.file.fields[index as usize - 1])
                } else {
                    self.writer.written_line == row.written_line
                };
            self.writer.space(if is_aligned { Space::Newline } else { Space::Break });
            let after = self.fields_end(row);
            self.writer.comments_are_safe_from(after);
        } else if row.index > 0 {
            self.writer.space(Space::Blank);
        }
        // The end of the name, not of the value: so the reference has it.
        row.before = start + name.len() - 1;
        self.writer.at(start);
        self.key(start, name, quoted);
        row.written_line = self.writer.written_line;
        self.writer.space(Space::Align);
        self.writer.sign("=");
        self.writer.space(Space::Blank);
        self.jobs.push(Job::ItemEnd { row, indented: false });
        self.jobs.push(Job::Expr(value));
    }

    /// Writes the name of a field. The reference quotes anew what is in the quotes, escapes and
    /// all, so that it changes unless there are none.
    fn key(&mut self, start: u32, name: Span, quoted: bool) {
        let text = self.file.slice(Span::new(start, name.end + u32::from(quoted)));
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
        if !quoted || (text.starts_with('"') && text.bytes().all(is_plain)) {
            self.writer.name(text);
        } else if self.care > Care::Lines {
            self.writer.verbatim(text);
        } else {
            let quoted = literal::quote(self.file.slice(name));
            self.writer.is_doubtful |= quoted != text;
            self.writer.name(&quoted);
        }
    }

    fn item_end(&mut self, mut row: Row, indented: bool) {
        row.index += 1;
        if row.index < row.list.len {
            self.writer.sign(",");
            if row.kind == RowKind::Call {
                self.writer.space(Space::Blank);
            }
        }
        if indented {
            self.writer.space(Space::Unindent);
        }
        self.jobs.push(Job::Item(row));
    }

    fn close_row(&mut self, row: Row) {
        let breaks = self.breaks(row.before, row.close);
        match row.kind {
            RowKind::Array => {
                if breaks && row.list.len > 0 {
                    self.writer.sign(",");
                    self.writer.space(Space::Indent);
                    self.writer.space(Space::Break);
                    self.writer.space(Space::Unindent);
                    self.writer.comments_are_safe_from(row.before);
                }
                self.sign_at("]", row.close);
            }
            RowKind::Object => {
                if breaks && row.list.len > 0 {
                    self.writer.sign(",");
                    self.writer.space(Space::Break);
                    let after = self.fields_end(row);
                    self.writer.comments_are_safe_from(after);
                }
                self.writer.space(Space::Unindent);
                self.sign_at("}", row.close);
            }
            RowKind::Call => {
                let is_empty = row.list.len == 0;
                self.writer.is_doubtful |= breaks && is_empty;
                // The reference writes a comma here even where there are no arguments.
                if breaks && !(is_empty && self.care > Care::Lines) {
                    self.writer.sign(",");
                    self.writer.space(Space::Break);
                }
                self.writer.sign(")");
            }
        }
    }

    /// Where the last field of an object that was written ends, or its opening brace.
    fn fields_end(&self, row: Row) -> u32 {
        match row.index.checked_sub(1) {
            Some(index) => {
                let field = self.file.fields[(row.list.start + index) as usize];
                self.file.expr(field.value).span().end
            }
            None => row.before,
        }
    }

    fn breaks(&mut self, before: u32, after: u32) -> bool {
        self.writer.line(before) != self.writer.line(after)
    }

    /// Whether the value of a field covers more than one line.
    fn is_long(&mut self, field: FieldNode) -> bool {
        let at = self.file.expr(field.value).span();
        self.breaks(at.start, at.end - 1)
    }
}
