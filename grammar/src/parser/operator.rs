//! Operators, and where a whole expression goes.

use super::{Frame, Parser, Step};
use crate::ast::{BinaryOp, ExprId, ExprNode, StmtNode, UnaryOp};
use crate::span::Span;
use crate::token::TokenKind;

impl Parser<'_> {
    /// Closes the operators that bind tighter than what comes next, and opens that one.
    ///
    /// ```ebnf
    /// Expression = OrExpr .
    /// OrExpr     = AndExpr { "||" AndExpr } .
    /// AndExpr    = CmpExpr { "&&" CmpExpr } .
    /// CmpExpr    = AddExpr { cmp_op AddExpr } .
    /// AddExpr    = MulExpr { add_op MulExpr } .
    /// MulExpr    = PowExpr { mul_op PowExpr } .
    /// PowExpr    = UnaryExpr [ "^" PowExpr ] .
    /// ```
    pub(super) fn operator(&mut self, mut operand: ExprId) -> Step {
        let (op, at) = (self.cursor.kind(), self.cursor.start());
        let next = precedence(op);
        while let Some(&frame) = self.frames.last() {
            operand = match frame {
                Frame::Unary { op: TokenKind::Not, at } => {
                    self.add_expr(ExprNode::Unary { op: UnaryOp::Not, operand, at })
                }
                Frame::Unary { at, .. } => {
                    self.add_expr(ExprNode::Unary { op: UnaryOp::Neg, operand, at })
                }
                Frame::Binary { op, at, left } if binds_first(op, next) => {
                    let op = binary(op);
                    self.add_expr(ExprNode::Binary { op, left, right: operand, at })
                }
                _ => break,
            };
            self.frames.pop();
        }
        if next == 0 {
            return Step::Whole(operand);
        }
        self.cursor.next();
        self.frames.push(Frame::Binary { op, at, left: operand });
        Step::Operand
    }

    /// Hands a whole expression to the construct that waits for it.
    pub(super) fn whole(&mut self, value: ExprId) -> Step {
        match self.frames.last() {
            Some(&Frame::Attr { stmt }) => {
                self.frames.pop();
                if let StmtNode::Attr { value: slot, .. } = &mut self.file.stmts[stmt as usize] {
                    *slot = value;
                }
                self.children.push(stmt);
                Step::StatementEnd
            }
            Some(&Frame::Paren { open }) => {
                self.frames.pop();
                let close = self.cursor.close(TokenKind::RightParen, open);
                let at = Span::new(open, close + 1);
                Step::Behind(self.add_expr(ExprNode::Paren { inner: value, at }))
            }
            Some(&Frame::Index { target, open }) => {
                self.frames.pop();
                let close = self.cursor.close(TokenKind::RightBracket, open);
                let node = ExprNode::Index { target, index: value, open, close };
                Step::Behind(self.add_expr(node))
            }
            _ => self.item_end(value),
        }
    }
}

/// Whether an operator whose right operand has been read closes before one of that precedence:
/// if it binds tighter, or as tight and to the left.
fn binds_first(open: TokenKind, next: u8) -> bool {
    let open = precedence(open);
    open > next || (open == next && open != precedence(TokenKind::Pow))
}

/// How tightly a token binds as a binary operator; 0 for what is none.
fn precedence(kind: TokenKind) -> u8 {
    match kind {
        TokenKind::Or => 1,
        TokenKind::And => 2,
        TokenKind::Eq
        | TokenKind::Ne
        | TokenKind::Lt
        | TokenKind::Le
        | TokenKind::Gt
        | TokenKind::Ge => 3,
        TokenKind::Add | TokenKind::Sub => 4,
        TokenKind::Mul | TokenKind::Div | TokenKind::Mod => 5,
        TokenKind::Pow => 6,
        _ => 0,
    }
}

fn binary(kind: TokenKind) -> BinaryOp {
    match kind {
        TokenKind::Or => BinaryOp::Or,
        TokenKind::And => BinaryOp::And,
        TokenKind::Eq => BinaryOp::Eq,
        TokenKind::Ne => BinaryOp::Ne,
        TokenKind::Lt => BinaryOp::Lt,
        TokenKind::Le => BinaryOp::Le,
        TokenKind::Gt => BinaryOp::Gt,
        TokenKind::Ge => BinaryOp::Ge,
        TokenKind::Add => BinaryOp::Add,
        TokenKind::Sub => BinaryOp::Sub,
        TokenKind::Mul => BinaryOp::Mul,
        TokenKind::Div => BinaryOp::Div,
        TokenKind::Mod => BinaryOp::Mod,
        _ => BinaryOp::Pow,
    }
}
