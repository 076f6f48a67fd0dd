//! The syntax tree of an Alloy configuration: one arena per file, views to walk it.
//!
//! What the parser yields, what [`build`](crate::build) makes and what the printer prints is the
//! same [`File`]. Nodes live in vectors and name each other by index, so nothing here recurses on
//! the native stack, however deep a configuration nests: not parsing, not dropping.
//!
//! Texts (names, literals) are ranges of the file's one text. For a parsed file that text begins
//! with the source, so a node's span is also where its text is; built nodes add theirs behind it.
//!
//! Knows nothing of what a name means: components, references and values are the callers' work.

use crate::span::Span;

/// Index of a statement in its [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StmtId(pub(crate) u32);

/// Index of an expression in its [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub(crate) u32);

/// A run of entries in [`File::lists`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// One configuration file: its text, its statements and its comments.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The source (invalid bytes replaced by `?`), then the texts of built nodes.
    pub(crate) text: String,
    /// How many bytes of `text` are the source.
    pub(crate) source_len: u32,
    pub(crate) stmts: Vec<StmtNode>,
    pub(crate) exprs: Vec<ExprNode>,
    pub(crate) fields: Vec<FieldNode>,
    /// Children: statement ids, expression ids or field indices, by the kind of their parent.
    pub(crate) lists: Vec<u32>,
    pub(crate) body: List,
    pub(crate) comments: Vec<Comment>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum StmtNode {
    Attr {
        name: Span,
        name_at: Span,
        value: ExprId,
    },
    Block {
        name: Span,
        name_at: Span,
        label: Option<Span>,
        label_at: Span,
        body: List,
        open: u32,
        close: u32,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ExprNode {
    Literal { kind: LiteralKind, text: Span, at: Span },
    Ident { name: Span, at: Span },
    Array { items: List, at: Span },
    Object { fields: List, at: Span },
    Access { target: ExprId, name: Span, name_at: Span },
    Index { target: ExprId, index: ExprId, open: u32, close: u32 },
    Call { target: ExprId, args: List, open: u32, close: u32 },
    Unary { op: UnaryOp, operand: ExprId, at: u32 },
    Binary { op: BinaryOp, left: ExprId, right: ExprId, at: u32 },
    Paren { inner: ExprId, at: Span },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldNode {
    pub(crate) name: Span,
    pub(crate) name_at: Span,
    pub(crate) quoted: bool,
    pub(crate) value: ExprId,
}

/// A comment of the source, with its delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands; carriage returns that Alloy strips from its text are inside the span.
    pub span: Span,
    /// Comments with the same number stand together without a blank line between them.
    pub group: u32,
}

/// What sort of literal a literal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LiteralKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// An integer literal, digits only.
    Number,
    /// A literal with a decimal point or an exponent.
    Float,
    /// A quoted or raw string, the text still with its quotes.
    String,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Neg,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
}

impl UnaryOp {
    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Not => "!",
            UnaryOp::Neg => "-",
        }
    }
}

impl BinaryOp {
    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "^",
        }
    }

    /// How tightly it binds, from 1 (`||`) to 6 (`^`).
    pub const fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And => 2,
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => 3,
            BinaryOp::Add | BinaryOp::Sub => 4,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 5,
            BinaryOp::Pow => 6,
        }
    }
}

impl File {
    /// The source this file was parsed from; empty for a built file. Bytes that were not UTF-8
    /// are shown as `?`, one for one, so that spans fit.
    pub fn source(&self) -> &str {
        &self.text[..self.source_len as usize]
    }

    /// The top-level statements.
    pub fn body(&self) -> Body<'_> {
        Body { file: self, list: self.body }
    }

    /// All comments, in source order.
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The statement of an id that came from this file.
    pub fn stmt(&self, id: StmtId) -> Stmt<'_> {
        match self.stmts[id.0 as usize] {
            StmtNode::Attr { .. } => Stmt::Attr(Attr { file: self, id }),
            StmtNode::Block { .. } => Stmt::Block(Block { file: self, id }),
        }
    }

    /// The expression of an id that came from this file.
    pub fn expr(&self, id: ExprId) -> Expr<'_> {
        Expr { file: self, id }
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    fn list(&self, list: List) -> &[u32] {
        &self.lists[list.start as usize..(list.start + list.len) as usize]
    }
}

/// The statements of a file or of a block.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    file: &'a File,
    list: List,
}

impl<'a> Body<'a> {
    /// The statements, in source order.
    pub fn stmts(self) -> impl DoubleEndedIterator<Item = Stmt<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        file.list(self.list).iter().map(move |&id| file.stmt(StmtId(id)))
    }

    /// The attributes, in source order.
    pub fn attrs(self) -> impl DoubleEndedIterator<Item = Attr<'a>> + Clone {
        self.stmts().filter_map(Stmt::as_attr)
    }

    /// The blocks, in source order.
    pub fn blocks(self) -> impl DoubleEndedIterator<Item = Block<'a>> + Clone {
        self.stmts().filter_map(Stmt::as_block)
    }

    /// The first attribute of that name.
    pub fn attr(self, name: &str) -> Option<Attr<'a>> {
        self.attrs().find(|attr| attr.name() == name)
    }

    /// The blocks of that full name (`a.b`), in source order.
    pub fn blocks_named(self, name: &'a str) -> impl DoubleEndedIterator<Item = Block<'a>> + Clone {
        self.blocks().filter(move |block| block.name() == name)
    }

    /// The first block of that full name.
    pub fn block(self, name: &str) -> Option<Block<'a>> {
        self.blocks().find(|block| block.name() == name)
    }

    /// Whether there is no statement.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// An attribute or a block.
#[derive(Clone, Copy, Debug)]
pub enum Stmt<'a> {
    /// `name = value`
    Attr(Attr<'a>),
    /// `name "label" { … }`
    Block(Block<'a>),
}

impl<'a> Stmt<'a> {
    /// The attribute, if it is one.
    pub fn as_attr(self) -> Option<Attr<'a>> {
        match self {
            Stmt::Attr(attr) => Some(attr),
            Stmt::Block(_) => None,
        }
    }

    /// The block, if it is one.
    pub fn as_block(self) -> Option<Block<'a>> {
        match self {
            Stmt::Block(block) => Some(block),
            Stmt::Attr(_) => None,
        }
    }

    /// From the first byte of the name to the last of the value or the closing brace.
    pub fn span(self) -> Span {
        match self {
            Stmt::Attr(attr) => attr.span(),
            Stmt::Block(block) => block.span(),
        }
    }
}

/// `name = value`
#[derive(Clone, Copy, Debug)]
pub struct Attr<'a> {
    file: &'a File,
    id: StmtId,
}

impl<'a> Attr<'a> {
    fn parts(self) -> (Span, Span, ExprId) {
        match self.file.stmts[self.id.0 as usize] {
            StmtNode::Attr { name, name_at, value } => (name, name_at, value),
            StmtNode::Block { .. } => unreachable!("an Attr view is made of attributes only"),
        }
    }

    /// Its index in the file.
    pub fn id(self) -> StmtId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    /// The name.
    pub fn name(self) -> &'a str {
        self.file.slice(self.parts().0)
    }

    /// Where the name stands.
    pub fn name_span(self) -> Span {
        self.parts().1
    }

    /// The value.
    pub fn value(self) -> Expr<'a> {
        self.file.expr(self.parts().2)
    }

    /// From the name to the end of the value.
    pub fn span(self) -> Span {
        let name = self.name_span();
        if name.is_none() { Span::NONE } else { name.to(self.value().span()) }
    }
}

/// `name "label" { … }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    file: &'a File,
    id: StmtId,
}

#[derive(Clone, Copy)]
struct BlockParts {
    name: Span,
    name_at: Span,
    label: Option<Span>,
    label_at: Span,
    body: List,
    open: u32,
    close: u32,
}

impl<'a> Block<'a> {
    fn parts(self) -> BlockParts {
        match self.file.stmts[self.id.0 as usize] {
            StmtNode::Block { name, name_at, label, label_at, body, open, close } => {
                BlockParts { name, name_at, label, label_at, body, open, close }
            }
            StmtNode::Attr { .. } => unreachable!("a Block view is made of blocks only"),
        }
    }

    /// Its index in the file.
    pub fn id(self) -> StmtId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    /// The full name, its parts joined with dots: `prometheus.remote_write`.
    pub fn name(self) -> &'a str {
        self.file.slice(self.parts().name)
    }

    /// The parts of the name.
    pub fn name_parts(self) -> impl DoubleEndedIterator<Item = &'a str> + Clone {
        self.name().split('.')
    }

    /// Where the name stands, from its first to its last part.
    pub fn name_span(self) -> Span {
        self.parts().name_at
    }

    /// The label without its quotes; none where it is missing or empty.
    pub fn label(self) -> Option<&'a str> {
        self.parts().label.map(|at| self.file.slice(at)).filter(|label| !label.is_empty())
    }

    /// Whether a label is written, be it an empty one.
    pub fn has_label_token(self) -> bool {
        self.parts().label.is_some()
    }

    /// Where the label stands, quotes included; [`Span::NONE`] without one.
    pub fn label_span(self) -> Span {
        self.parts().label_at
    }

    /// The name and, if it has one, the label: what is to be marked as "this block".
    pub fn header_span(self) -> Span {
        let parts = self.parts();
        if parts.label_at.is_none() { parts.name_at } else { parts.name_at.to(parts.label_at) }
    }

    /// The statements inside.
    pub fn body(self) -> Body<'a> {
        Body { file: self.file, list: self.parts().body }
    }

    /// Where the opening brace stands.
    pub fn open_span(self) -> Span {
        one_byte(self.parts().open)
    }

    /// Where the closing brace stands.
    pub fn close_span(self) -> Span {
        one_byte(self.parts().close)
    }

    /// From the name to the closing brace.
    pub fn span(self) -> Span {
        let parts = self.parts();
        if parts.name_at.is_none() { Span::NONE } else { parts.name_at.to(one_byte(parts.close)) }
    }
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    file: &'a File,
    id: ExprId,
}

/// An expression taken apart by one level.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// A literal; the text is the source's, quotes included.
    Literal(LiteralKind, &'a str),
    /// A name.
    Ident(&'a str),
    /// `[a, b]`
    Array(Exprs<'a>),
    /// `{ a = b }`
    Object(Fields<'a>),
    /// `target.name`
    Access {
        /// What is accessed.
        target: Expr<'a>,
        /// The field's name.
        name: &'a str,
        /// Where the name stands.
        name_span: Span,
    },
    /// `target[index]`
    Index {
        /// What is indexed.
        target: Expr<'a>,
        /// The index.
        index: Expr<'a>,
    },
    /// `target(args)`
    Call {
        /// What is called.
        target: Expr<'a>,
        /// The arguments.
        args: Exprs<'a>,
    },
    /// `!a`, `-a`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Expr<'a>,
    },
    /// `a + b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: Expr<'a>,
        /// The right operand.
        right: Expr<'a>,
    },
    /// `(a)`
    Paren(Expr<'a>),
}

impl<'a> Expr<'a> {
    /// Its index in the file.
    pub fn id(self) -> ExprId {
        self.id
    }

    /// The file it stands in.
    pub fn file(self) -> &'a File {
        self.file
    }

    fn node(self) -> ExprNode {
        self.file.exprs[self.id.0 as usize]
    }

    /// The expression, taken apart by one level.
    pub fn kind(self) -> ExprKind<'a> {
        let file = self.file;
        match self.node() {
            ExprNode::Literal { kind, text, .. } => ExprKind::Literal(kind, file.slice(text)),
            ExprNode::Ident { name, .. } => ExprKind::Ident(file.slice(name)),
            ExprNode::Array { items, .. } => ExprKind::Array(Exprs { file, list: items }),
            ExprNode::Object { fields, .. } => ExprKind::Object(Fields { file, list: fields }),
            ExprNode::Access { target, name, name_at } => ExprKind::Access {
                target: file.expr(target),
                name: file.slice(name),
                name_span: name_at,
            },
            ExprNode::Index { target, index, .. } => {
                ExprKind::Index { target: file.expr(target), index: file.expr(index) }
            }
            ExprNode::Call { target, args, .. } => {
                ExprKind::Call { target: file.expr(target), args: Exprs { file, list: args } }
            }
            ExprNode::Unary { op, operand, .. } => {
                ExprKind::Unary { op, operand: file.expr(operand) }
            }
            ExprNode::Binary { op, left, right, .. } => {
                ExprKind::Binary { op, left: file.expr(left), right: file.expr(right) }
            }
            ExprNode::Paren { inner, .. } => ExprKind::Paren(file.expr(inner)),
        }
    }

    /// From its first to its last byte.
    pub fn span(self) -> Span {
        Span { start: self.start(), end: self.end() }
    }

    fn start(self) -> u32 {
        let mut id = self.id;
        loop {
            match self.file.exprs[id.0 as usize] {
                ExprNode::Literal { at, .. }
                | ExprNode::Ident { at, .. }
                | ExprNode::Array { at, .. }
                | ExprNode::Object { at, .. }
                | ExprNode::Paren { at, .. } => return at.start,
                ExprNode::Unary { at, .. } => return at,
                ExprNode::Access { target, .. }
                | ExprNode::Index { target, .. }
                | ExprNode::Call { target, .. } => id = target,
                ExprNode::Binary { left, .. } => id = left,
            }
        }
    }

    fn end(self) -> u32 {
        let mut id = self.id;
        loop {
            match self.file.exprs[id.0 as usize] {
                ExprNode::Literal { at, .. }
                | ExprNode::Ident { at, .. }
                | ExprNode::Array { at, .. }
                | ExprNode::Object { at, .. }
                | ExprNode::Paren { at, .. } => return at.end,
                ExprNode::Access { name_at, .. } => return name_at.end,
                ExprNode::Index { close, .. } | ExprNode::Call { close, .. } => {
                    return one_byte(close).end;
                }
                ExprNode::Unary { operand, .. } => id = operand,
                ExprNode::Binary { right, .. } => id = right,
            }
        }
    }
}

/// Expressions in a row: the elements of an array, the arguments of a call.
#[derive(Clone, Copy, Debug)]
pub struct Exprs<'a> {
    file: &'a File,
    list: List,
}

impl<'a> Exprs<'a> {
    /// The expressions, in source order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Expr<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        file.list(self.list).iter().map(move |&id| file.expr(ExprId(id)))
    }

    /// The expression at a place counted from 0.
    pub fn get(self, index: usize) -> Option<Expr<'a>> {
        self.file.list(self.list).get(index).map(|&id| self.file.expr(ExprId(id)))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.list.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// The fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    file: &'a File,
    list: List,
}

impl<'a> Fields<'a> {
    /// The fields, in source order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Field<'a>> + ExactSizeIterator + Clone {
        let file = self.file;
        file.list(self.list).iter().map(move |&index| Field { file, index })
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.list.len as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.list.len == 0
    }
}

/// One field of an object: `name = value` or `"name" = value`.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    file: &'a File,
    index: u32,
}

impl<'a> Field<'a> {
    fn node(self) -> FieldNode {
        self.file.fields[self.index as usize]
    }

    /// The key as Alloy takes it: the raw text between the quotes (escapes stay), or the
    /// identifier. The key written `""` is two quote characters, as in Alloy.
    pub fn name(self) -> &'a str {
        self.file.slice(self.node().name)
    }

    /// Where the key stands, quotes included.
    pub fn name_span(self) -> Span {
        self.node().name_at
    }

    /// Whether the key was written as a string.
    pub fn is_quoted(self) -> bool {
        self.node().quoted
    }

    /// The value.
    pub fn value(self) -> Expr<'a> {
        self.file.expr(self.node().value)
    }
}

fn one_byte(at: u32) -> Span {
    if at == u32::MAX { Span::NONE } else { Span { start: at, end: at + 1 } }
}
