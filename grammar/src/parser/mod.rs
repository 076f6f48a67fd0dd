//! From bytes to a tree: never fails, reports every error Alloy would report, in its order.
//!
//! Recovery follows Alloy's own step for step, because which errors are reported, and where,
//! depends on what is skipped after the first one. The parser keeps its own stack of open
//! constructs, so the native stack does not grow with the nesting of the source.

mod cursor;
mod expression;
mod list;
mod operator;
mod statement;

use crate::ast::{ExprId, ExprNode, FieldNode, File, List, LiteralKind, StmtNode};
use crate::lexer;
use crate::span::Span;
use crate::token::TokenKind;
use cursor::Cursor;

/// How many constructs may be open inside each other. Alloy's own limit is its stack, which gives
/// out at about half a million levels and takes the process with it.
pub const MAX_DEPTH: usize = 250_000;

/// One error of the scanner or the parser, worded as Alloy words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The text, lower case, without a full stop.
    pub message: String,
    /// Where: an empty span where Alloy reports a start only.
    pub span: Span,
}

/// What parsing yields: a tree always, and the errors beside it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; whole only if there is no error.
    pub file: File,
    /// In the order in which Alloy emits them, which is not always that of the positions.
    pub errors: Vec<SyntaxError>,
}

impl Parsed {
    /// The tree, if the source had no error at all.
    pub fn into_sound(self) -> Result<File, Vec<SyntaxError>> {
        if self.errors.is_empty() { Ok(self.file) } else { Err(self.errors) }
    }
}

/// Parses a source. Any bytes may come.
///
/// ```
/// let parsed = alloy_grammar::parser::parse(b"greeting = \"hello\"");
/// let file = parsed.into_sound().expect("this is a valid configuration");
/// assert_eq!(file.body().attrs().next().map(|attr| attr.name()), Some("greeting"));
/// ```
pub fn parse(source: &[u8]) -> Parsed {
    if source.len() >= u32::MAX as usize {
        let message = "a source of 4 GiB or more cannot be parsed".to_owned();
        let errors = vec![SyntaxError { message, span: Span::new(0, 0) }];
        return Parsed { file: File::default(), errors };
    }
    let lexed = lexer::lex(source);
    Parser::new(Cursor::new(source, &lexed.tokens, lexed.errors)).file()
}

/// What parsing a single expression yields.
#[derive(Clone, Debug)]
pub struct ParsedExpression {
    /// The tree that holds the expression; its body is empty.
    pub file: File,
    /// The expression; sound only if there is no error.
    pub root: ExprId,
    /// In the order in which Alloy emits them.
    pub errors: Vec<SyntaxError>,
}

/// Parses a single expression. As in Alloy, what follows its line is not looked at.
///
/// ```
/// let parsed = alloy_grammar::parser::parse_expression(b"1 + 2");
/// assert!(parsed.errors.is_empty());
/// assert_eq!(parsed.file.expr(parsed.root).span().len(), 5);
/// ```
pub fn parse_expression(source: &[u8]) -> ParsedExpression {
    if source.len() >= u32::MAX as usize {
        return ParsedExpression {
            file: File { exprs: vec![NOTHING], ..File::default() },
            root: ExprId(0),
            errors: parse(source).errors,
        };
    }
    let lexed = lexer::lex(source);
    Parser::new(Cursor::new(source, &lexed.tokens, lexed.errors)).expression()
}

/// Stands for an expression that is none.
const NOTHING: ExprNode = ExprNode::Literal { kind: LiteralKind::Null, at: Span::new(0, 0) };

/// A construct that has begun and not ended.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// A block whose body is being read; its statements are `children[first..]`.
    Block {
        stmt: u32,
        first: u32,
    },
    /// A block where an expression should have been: `x = name "label" { … }`.
    StrayBlock {
        operand: ExprId,
        first: u32,
    },
    /// An attribute whose value is being read.
    Attr {
        stmt: u32,
    },
    /// An operator whose right operand is being read.
    Binary {
        op: TokenKind,
        at: u32,
        left: ExprId,
    },
    /// An operator whose operand is being read.
    Unary {
        op: TokenKind,
        at: u32,
    },
    Paren {
        open: u32,
    },
    Index {
        target: ExprId,
        open: u32,
    },
    Array {
        open: u32,
        first: u32,
    },
    Call {
        target: ExprId,
        open: u32,
        first: u32,
    },
    /// An object; its fields are `fields[first..]`, the last of them without its value.
    Object {
        open: u32,
        first: u32,
    },
}

/// What to do next. Each step reads some tokens and says what comes after it.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A statement, or the end of the body.
    Statement,
    /// The end of a statement.
    StatementEnd,
    /// An operand with its unary operators.
    Operand,
    /// What may stand behind a primary expression: access, index, call.
    Behind(ExprId),
    /// A binary operator, behind an operand.
    Operator(ExprId),
    /// What the expression, now whole, is for.
    Whole(ExprId),
    /// An element or field, or the end of the list.
    Item,
    /// Nothing: the end of the file, or as far as it could be read.
    Done,
}

struct Parser<'s> {
    cursor: Cursor<'s>,
    file: File,
    frames: Vec<Frame>,
    /// Ids of statements and expressions whose parent is still open.
    children: Vec<u32>,
    /// Fields whose object is still open.
    fields: Vec<FieldNode>,
}

impl<'s> Parser<'s> {
    fn new(cursor: Cursor<'s>) -> Parser<'s> {
        let text = match std::str::from_utf8(cursor.source) {
            Ok(text) => text.to_owned(),
            Err(_) => cursor::replace_invalid(cursor.source),
        };
        // So much of each is usual for that many tokens.
        let tokens = cursor.len();
        let file = File {
            source_len: text.len() as u32,
            text,
            stmts: Vec::with_capacity(tokens / 6),
            exprs: Vec::with_capacity(tokens / 3),
            lists: Vec::with_capacity(tokens / 4),
            ..File::default()
        };
        let (frames, children) = (Vec::with_capacity(16), Vec::with_capacity(64));
        Parser { cursor, file, frames, children, fields: Vec::new() }
    }

    /// Parses the whole source.
    ///
    /// ```ebnf
    /// File = Body .
    /// ```
    fn file(mut self) -> Parsed {
        self.run(Step::Statement, false);
        let closed = self.closed_statements();
        self.children.truncate(closed);
        self.file.body = self.take_children(0);
        self.file.comments = self.cursor.comments;
        Parsed { file: self.file, errors: self.cursor.errors }
    }

    /// Parses one expression, as the value of an attribute that is not written.
    fn expression(mut self) -> ParsedExpression {
        self.file.exprs.push(NOTHING);
        let none = StmtNode::Attr { name: Span::new(0, 0), value: ExprId(0) };
        self.file.stmts.push(none);
        self.frames.push(Frame::Attr { stmt: 0 });
        self.run(Step::Operand, true);
        self.cursor.expect(TokenKind::Terminator);
        let root = match self.file.stmts[0] {
            StmtNode::Attr { value, .. } => value,
            StmtNode::Block { .. } => ExprId(0),
        };
        ParsedExpression { file: self.file, root, errors: self.cursor.errors }
    }

    /// Goes on until the end, or until the first statement is whole.
    fn run(&mut self, first: Step, one_statement: bool) {
        let mut step = first;
        loop {
            if one_statement && self.frames.is_empty() {
                return;
            }
            step = match step {
                Step::Statement => self.statement_or_end(),
                Step::StatementEnd => self.statement_end(),
                Step::Operand => self.operand(),
                Step::Behind(primary) => self.behind(primary),
                Step::Operator(operand) => self.operator(operand),
                Step::Whole(value) => self.whole(value),
                Step::Item => self.item_or_end(),
                Step::Done => return,
            };
            if self.frames.len() > MAX_DEPTH {
                let message = format!("nesting is deeper than {MAX_DEPTH} levels");
                let span = self.cursor.empty_span();
                self.cursor.report(SyntaxError { message, span });
                return;
            }
        }
    }

    /// How many of the children are whole statements of the file itself.
    fn closed_statements(&self) -> usize {
        let first_of_open = |frame: &Frame| match *frame {
            Frame::Block { first, .. }
            | Frame::StrayBlock { first, .. }
            | Frame::Array { first, .. }
            | Frame::Call { first, .. } => Some(first as usize),
            _ => None,
        };
        self.frames.iter().find_map(first_of_open).unwrap_or(self.children.len())
    }

    /// Makes the children from an index on a list of their own.
    fn take_children(&mut self, first: u32) -> List {
        let start = self.file.lists.len() as u32;
        self.file.lists.extend_from_slice(&self.children[first as usize..]);
        let len = self.children.len() as u32 - first;
        self.children.truncate(first as usize);
        List { start, len }
    }

    fn add_expr(&mut self, node: ExprNode) -> ExprId {
        self.file.exprs.push(node);
        ExprId(self.file.exprs.len() as u32 - 1)
    }
}
