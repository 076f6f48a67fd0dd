//! Operators: what they accept and give.

use alloy_grammar::ast::{BinaryOp, UnaryOp};

use crate::eval::{Number, OptionalSecret, Secret, Text, Value, ValueKind};

/// Which operand is wrong, and in which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The left one, or the only one.
    Left(String),
    /// The right one.
    Right(String),
}

/// `!a`, `-a`
pub fn unary(op: UnaryOp, operand: &Value) -> Result<Value, Fault> {
    let wanted = match (op, operand) {
        (_, Value::Unknown(_)) => return Ok(operand.clone()),
        (UnaryOp::Not, Value::Bool(truth)) => return Ok(Value::Bool(!truth)),
        (UnaryOp::Neg, Value::Number(Number::Float(number))) => return Ok(Value::float(-number)),
        (UnaryOp::Neg, Value::Number(number)) => {
            return Ok(Value::int(number.to_i64().wrapping_neg()));
        }
        (UnaryOp::Not, _) => ValueKind::Bool,
        (UnaryOp::Neg, _) => ValueKind::Number,
    };
    Err(Fault::Left(mismatch(wanted, operand.kind())))
}

/// `a + b` and its like. Both operands are always checked, also of `&&` and `||`.
pub fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
    for operand in [left, right] {
        if let Value::Unknown(_) = operand {
            return Ok(operand.clone());
        }
    }
    let (left, right) = alike(left, right);
    if let BinaryOp::Eq | BinaryOp::Ne = op {
        return Ok(match left.equals(&right) {
            Some(equal) => Value::Bool(equal == (op == BinaryOp::Eq)),
            None => Value::unknown("a part of what is compared is not known"),
        });
    }
    let accepted = accepted_kinds(op);
    if !accepted.contains(&left.kind()) {
        return Err(Fault::Left(not_accepted(op, left.kind())));
    }
    if !accepted.contains(&right.kind()) {
        return Err(Fault::Right(not_accepted(op, right.kind())));
    }
    match (&left, &right) {
        (Value::Bool(a), Value::Bool(b)) => {
            Ok(Value::Bool(if op == BinaryOp::And { *a && *b } else { *a || *b }))
        }
        (Value::Number(a), Value::Number(b)) => arithmetic(op, *a, *b),
        (Value::String(a), Value::String(b)) => Ok(on_strings(op, a, b)),
        (Value::Secret(a), Value::Secret(b)) => {
            Ok(Value::Secret(Secret::new(joined(a.expose(), b.expose()))))
        }
        (Value::OptionalSecret(a), Value::OptionalSecret(b)) => {
            let text = joined(a.expose(), b.expose());
            let is_secret = a.is_secret() || b.is_secret();
            Ok(Value::OptionalSecret(OptionalSecret::new(text, is_secret)))
        }
        _ if left.kind() == right.kind() => {
            Err(Fault::Left(format!("could not perform binop {} for unknown types", op.symbol())))
        }
        _ => Err(Fault::Right(mismatch(left.kind(), right.kind()))),
    }
}

/// The words for a value of the wrong type.
pub fn mismatch(wanted: ValueKind, found: ValueKind) -> String {
    format!("should be {}, got {}", wanted.name(), found.name())
}

fn not_accepted(op: BinaryOp, found: ValueKind) -> String {
    let names: Vec<_> = accepted_kinds(op).iter().map(|kind| kind.name()).collect();
    let names = names.join(" ");
    format!("should be one of [{names}] for binop {}, got {}", op.symbol(), found.name())
}

fn accepted_kinds(op: BinaryOp) -> &'static [ValueKind] {
    match op {
        BinaryOp::Or | BinaryOp::And => &[ValueKind::Bool],
        BinaryOp::Add => &[ValueKind::Number, ValueKind::String, ValueKind::Capsule],
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            &[ValueKind::Number, ValueKind::String]
        }
        _ => &[ValueKind::Number],
    }
}

/// Makes two operands alike where one is a secret: a secret beside a string makes that a secret,
/// an optional secret that is none is a string beside a string.
fn alike(left: &Value, right: &Value) -> (Value, Value) {
    use Value::{OptionalSecret as Optional, Secret as Sealed, String as Plain};
    let sealed = |text: &Text| Sealed(Secret::new(text.clone()));
    let optional = |text: &Text| Optional(OptionalSecret::new(text.clone(), true));
    match (left, right) {
        (Optional(a), Sealed(_)) => (sealed(a.expose()), right.clone()),
        (Sealed(_), Optional(b)) => (left.clone(), sealed(b.expose())),
        (Sealed(_), Plain(b)) => (left.clone(), sealed(b)),
        (Plain(a), Sealed(_)) => (sealed(a), right.clone()),
        (Optional(a), Plain(b)) if a.is_secret() => (left.clone(), optional(b)),
        (Plain(a), Optional(b)) if b.is_secret() => (optional(a), right.clone()),
        (Optional(a), Plain(_)) => (Plain(a.expose().clone()), right.clone()),
        (Plain(_), Optional(b)) => (left.clone(), Plain(b.expose().clone())),
        _ => (left.clone(), right.clone()),
    }
}

fn joined(left: &Text, right: &Text) -> Text {
    Text::joined(&[left, right])
}

fn on_strings(op: BinaryOp, left: &Text, right: &Text) -> Value {
    let order = left.as_bytes().cmp(right.as_bytes());
    match op {
        BinaryOp::Lt => Value::Bool(order.is_lt()),
        BinaryOp::Le => Value::Bool(order.is_le()),
        BinaryOp::Gt => Value::Bool(order.is_gt()),
        BinaryOp::Ge => Value::Bool(order.is_ge()),
        _ => Value::String(joined(left, right)),
    }
}

fn arithmetic(op: BinaryOp, left: Number, right: Number) -> Result<Value, Fault> {
    if matches!(op, BinaryOp::Div | BinaryOp::Mod) && right.is_zero() {
        return Err(Fault::Right("divide by zero error".to_owned()));
    }
    Ok(match (left, right) {
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            on_floats(op, left.to_f64(), right.to_f64())
        }
        (Number::Uint(a), Number::Uint(b)) => on_uints(op, a, b),
        _ => on_ints(op, left.to_i64(), right.to_i64()),
    })
}

fn compared<T: PartialOrd>(op: BinaryOp, left: T, right: T) -> Value {
    Value::Bool(match op {
        BinaryOp::Lt => left < right,
        BinaryOp::Le => left <= right,
        BinaryOp::Gt => left > right,
        _ => left >= right,
    })
}

fn on_floats(op: BinaryOp, left: f64, right: f64) -> Value {
    Value::float(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::Div => left / right,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => left.powf(right),
        _ => return compared(op, left, right),
    })
}

fn on_ints(op: BinaryOp, left: i64, right: i64) -> Value {
    Value::int(match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Sub => left.wrapping_sub(right),
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::Div => left.wrapping_div(right),
        BinaryOp::Mod => left.wrapping_rem(right),
        // Alloy multiplies in a loop that a negative exponent never enters.
        BinaryOp::Pow if right < 0 => left,
        BinaryOp::Pow => power(left.cast_unsigned(), right.cast_unsigned()).cast_signed(),
        _ => return compared(op, left, right),
    })
}

fn on_uints(op: BinaryOp, left: u64, right: u64) -> Value {
    Value::Number(Number::Uint(match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Sub => left.wrapping_sub(right),
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::Div => left / right,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => power(left, right),
        _ => return compared(op, left, right),
    }))
}

/// The power in 64 bits that wrap, which are the same with and without sign.
fn power(base: u64, exponent: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (base, exponent, 1u64);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_exponent_takes_no_time() {
        let found = binary(BinaryOp::Pow, &Value::int(3), &Value::int(i64::MAX));
        assert!(matches!(found, Ok(Value::Number(Number::Int(_)))));
    }

    #[test]
    fn a_secret_stays_one_when_something_is_added() {
        let found = binary(BinaryOp::Add, &Value::string("Bearer "), &Value::secret("x"));
        assert!(
            matches!(found, Ok(Value::Secret(text)) if text.expose().as_str() == Some("Bearer x"))
        );
        let open = Value::OptionalSecret(OptionalSecret::new("x", false));
        let found = binary(BinaryOp::Add, &open, &Value::string("y"));
        assert!(matches!(found, Ok(Value::String(text)) if text.as_str() == Some("xy")));
    }

    #[test]
    fn what_is_not_known_spreads_with_its_reason() {
        let found = binary(BinaryOp::Add, &Value::unknown("why"), &Value::string("x"));
        assert_eq!(found.as_ref().ok().and_then(Value::unknown_reason), Some("why"));
    }
}
