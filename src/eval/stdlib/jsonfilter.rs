//! Conditions in a `json_path`: `[?(@.name == "x" && @.size > 1)]`.

use crate::eval::stdlib::jsonpath::{Reader, Step, follow};
use crate::eval::{Unknown, Value};

/// Conditions that nest deeper are refused.
const DEEPEST: usize = 50;

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It does.
    Holds,
    /// It does not.
    Fails,
}

/// A condition on a value.
#[derive(Debug)]
pub enum Filter {
    /// A literal.
    Literal(Value),
    /// What a path leads to, if it leads anywhere.
    Path(Vec<Step>),
    /// `!a`
    Not(Box<Filter>),
    /// `a op b`
    Compare(Operator, Box<Filter>, Box<Filter>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

const OPERATORS: [(&str, Operator); 8] = [
    ("||", Operator::Or),
    ("&&", Operator::And),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Operator {
    fn precedence(self) -> usize {
        match self {
            Operator::Or => 0,
            Operator::And => 1,
            _ => 2,
        }
    }
}

impl Filter {
    /// Reads a condition up to the closing bracket, which stays.
    pub fn read(reader: &mut Reader<'_>) -> Result<Filter, String> {
        Filter::chain(reader, 0, 0)
    }

    /// Operands with operators that bind at least so tightly between them.
    fn chain(reader: &mut Reader<'_>, least: usize, depth: usize) -> Result<Filter, String> {
        if depth > DEEPEST {
            return Err("the condition nests too deep".to_owned());
        }
        let mut left = Filter::operand(reader, depth)?;
        while let Some((text, operator)) = operator(reader)
            && operator.precedence() >= least
        {
            reader.at += text.len();
            let right = Filter::chain(reader, operator.precedence() + 1, depth + 1)?;
            left = Filter::Compare(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operand(reader: &mut Reader<'_>, depth: usize) -> Result<Filter, String> {
        match reader.next_byte() {
            Some(b'!') => {
                reader.at += 1;
                // Each `!` is a level of its own.
                if depth >= DEEPEST {
                    return Err("the condition nests too deep".to_owned());
                }
                Ok(Filter::Not(Box::new(Filter::operand(reader, depth + 1)?)))
            }
            Some(b'(') => {
                reader.at += 1;
                let inner = Filter::chain(reader, 0, depth + 1)?;
                if reader.next_byte() != Some(b')') {
                    return Err("not terminated".to_owned());
                }
                reader.at += 1;
                Ok(inner)
            }
            Some(b'@' | b'$') => reader.steps().map(Filter::Path),
            Some(quote @ (b'\'' | b'"')) => {
                reader.quoted(quote).map(|text| Filter::Literal(Value::string(text)))
            }
            Some(_) => literal(reader).map(Filter::Literal),
            None => Err("not terminated".to_owned()),
        }
    }

    /// Whether it holds for a value.
    ///
    /// # Errors
    /// It depends on what is not known.
    pub fn holds(&self, root: &Value, here: &Value) -> Result<Condition, Unknown> {
        let holds = match self {
            // A path alone asks whether it leads anywhere.
            Filter::Path(steps) => !follow(steps, root, here)?.is_empty(),
            Filter::Literal(value) => matches!(value, Value::Bool(true)),
            Filter::Not(inner) => inner.holds(root, here)? == Condition::Fails,
            Filter::Compare(Operator::Or, a, b) => {
                a.holds(root, here)? == Condition::Holds || b.holds(root, here)? == Condition::Holds
            }
            Filter::Compare(Operator::And, a, b) => {
                a.holds(root, here)? == Condition::Holds && b.holds(root, here)? == Condition::Holds
            }
            Filter::Compare(operator, a, b) => {
                compared(*operator, a.value(root, here)?, b.value(root, here)?)
            }
        };
        Ok(if holds { Condition::Holds } else { Condition::Fails })
    }

    fn value(&self, root: &Value, here: &Value) -> Result<Option<Value>, Unknown> {
        match self {
            Filter::Literal(value) => Ok(Some(value.clone())),
            Filter::Path(steps) => Ok(follow(steps, root, here)?.into_iter().next()),
            _ => Ok(Some(Value::Bool(self.holds(root, here)? == Condition::Holds))),
        }
    }
}

fn compared(operator: Operator, left: Option<Value>, right: Option<Value>) -> bool {
    let (Some(left), Some(right)) = (&left, &right) else {
        return operator == Operator::Unequal && left.is_some() != right.is_some();
    };
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.to_f64().partial_cmp(&b.to_f64()),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match operator {
        Operator::Equal => left.equals(right) == Some(true),
        Operator::Unequal => left.equals(right) != Some(true),
        Operator::Less => order.is_some_and(|order| order.is_lt()),
        Operator::LessOrEqual => order.is_some_and(|order| order.is_le()),
        Operator::Greater => order.is_some_and(|order| order.is_gt()),
        Operator::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
        Operator::Or | Operator::And => false,
    }
}

/// The operator that comes next.
fn operator(reader: &mut Reader<'_>) -> Option<(&'static str, Operator)> {
    reader.next_byte();
    let rest = &reader.path[reader.at..];
    OPERATORS.iter().find(|(text, _)| rest.starts_with(text.as_bytes())).copied()
}

/// A number, `true`, `false` or `null`.
fn literal(reader: &mut Reader<'_>) -> Result<Value, String> {
    let rest = &reader.path[reader.at..];
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(byte))
        .count();
    let text = std::str::from_utf8(&rest[..length]).unwrap_or_default();
    reader.at += length;
    match text {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Ok(Value::int(number)),
            (_, Ok(number)) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                Ok(Value::float(number))
            }
            _ => Err("expected a value".to_owned()),
        },
    }
}
