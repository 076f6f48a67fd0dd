//! Tokens: what the lexer makes of bytes and the parser reads.

use crate::span::Span;

/// What sort of token a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TokenKind {
    /// A character that begins no token, or a single-quoted string.
    Illegal,
    /// The end of the source.
    Eof,
    /// `// …` or `/* … */`
    Comment,
    /// A name.
    Ident,
    /// Digits.
    Number,
    /// Digits with a point or an exponent.
    Float,
    /// `"…"` or a raw string.
    String,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `!`
    Not,
    /// `=`
    Assign,
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
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// The end of a statement: a newline that counts, or the end of the source.
    Terminator,
}

impl TokenKind {
    /// The name that Alloy's messages use.
    pub const fn name(self) -> &'static str {
        match self {
            TokenKind::Illegal => "ILLEGAL",
            TokenKind::Eof => "EOF",
            TokenKind::Comment => "COMMENT",
            TokenKind::Ident => "IDENT",
            TokenKind::Number => "NUMBER",
            TokenKind::Float => "FLOAT",
            TokenKind::String => "STRING",
            TokenKind::Bool => "BOOL",
            TokenKind::Null => "NULL",
            TokenKind::Or => "||",
            TokenKind::And => "&&",
            TokenKind::Not => "!",
            TokenKind::Assign => "=",
            TokenKind::Eq => "==",
            TokenKind::Ne => "!=",
            TokenKind::Lt => "<",
            TokenKind::Le => "<=",
            TokenKind::Gt => ">",
            TokenKind::Ge => ">=",
            TokenKind::Add => "+",
            TokenKind::Sub => "-",
            TokenKind::Mul => "*",
            TokenKind::Div => "/",
            TokenKind::Mod => "%",
            TokenKind::Pow => "^",
            TokenKind::LeftBrace => "{",
            TokenKind::RightBrace => "}",
            TokenKind::LeftParen => "(",
            TokenKind::RightParen => ")",
            TokenKind::LeftBracket => "[",
            TokenKind::RightBracket => "]",
            TokenKind::Comma => ",",
            TokenKind::Dot => ".",
            TokenKind::Terminator => "TERMINATOR",
        }
    }

    /// Whether a newline behind such a token ends the statement.
    pub const fn ends_statement(self) -> bool {
        matches!(
            self,
            TokenKind::Ident
                | TokenKind::Number
                | TokenKind::Float
                | TokenKind::String
                | TokenKind::Bool
                | TokenKind::Null
                | TokenKind::RightBrace
                | TokenKind::RightParen
                | TokenKind::RightBracket
        )
    }

    /// Whether it closes a pair of brackets.
    pub const fn is_closing(self) -> bool {
        matches!(self, TokenKind::RightBrace | TokenKind::RightParen | TokenKind::RightBracket)
    }
}

/// A token and where it stands. A terminator covers no byte of its own: it is where the newline,
/// the comment before it or the end of the source begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}
