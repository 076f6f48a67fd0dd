//! The evaluator: an explicit stack of what is still to do, so that depth costs no native stack.

use alloy_grammar::ast::{Expr, ExprKind, LiteralKind};
use alloy_grammar::span::Span;

use crate::eval::budget::MAX_STEPS;
use crate::eval::literal;
use crate::eval::operators::{self, Fault, mismatch};
use crate::eval::stdlib::{self, Failure};
use crate::eval::{EvalError, Number, Scope, Value, ValueKind};

/// The most names of a path that are looked up at once; what follows is read as fields.
const LONGEST_PATH: usize = 16;

/// A name of the standard library that Alloy has renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// The old name.
    pub name: &'static str,
    /// The name to use.
    pub instead: &'static str,
    /// Where it is used.
    pub span: Span,
}

/// Evaluates an expression.
///
/// # Errors
/// Alloy would fail to evaluate it: the message says why, the span where.
pub fn eval(expr: Expr<'_>, scope: &Scope<'_>) -> Result<Value, EvalError> {
    eval_noting(expr, scope, &mut Vec::new())
}

/// Evaluates an expression and notes the deprecated names in it.
///
/// # Errors
/// As [`eval`].
pub fn eval_noting(
    expr: Expr<'_>,
    scope: &Scope<'_>,
    deprecated: &mut Vec<Deprecated>,
) -> Result<Value, EvalError> {
    let mut machine =
        Machine { scope, tasks: Vec::new(), values: Vec::new(), steps: 0, deprecated };
    machine.tasks.push(Task::Eval(expr));
    while let Some(task) = machine.tasks.pop() {
        machine.run(task)?;
    }
    Ok(machine.pop())
}

/// Something still to do. What a task needs lies on the stack of values when its turn comes.
enum Task<'a> {
    /// Push the value of an expression.
    Eval(Expr<'a>),
    /// Combine the values of an expression's parts.
    Apply(Expr<'a>),
    /// See that the value on top can be called.
    Callee(Expr<'a>),
    /// Replace the value on top by one of its fields.
    Field { target: Expr<'a>, name: &'a str, name_span: Span },
}

struct Machine<'a, 's, 'n> {
    scope: &'s Scope<'s>,
    tasks: Vec<Task<'a>>,
    values: Vec<Value>,
    steps: u64,
    deprecated: &'n mut Vec<Deprecated>,
}

impl<'a> Machine<'a, '_, '_> {
    fn run(&mut self, task: Task<'a>) -> Result<(), EvalError> {
        let (value, at) = match task {
            Task::Eval(expr) => match self.start(expr)? {
                Some(value) => (value, expr),
                None => return Ok(()),
            },
            Task::Apply(expr) => (self.apply(expr)?, expr),
            Task::Callee(target) => return self.check_callee(target),
            Task::Field { target, name, name_span } => {
                (self.pop().field(target, name, name_span)?, target)
            }
        };
        self.spend(value.weight(), at)?;
        self.values.push(value);
        Ok(())
    }

    /// The value of an expression without parts; else its parts are put up for evaluation.
    fn start(&mut self, expr: Expr<'a>) -> Result<Option<Value>, EvalError> {
        match expr.kind() {
            ExprKind::Literal(kind, text) => literal_value(expr, kind, text).map(Some),
            ExprKind::Ident(name) => self.identifier(expr, name).map(Some),
            ExprKind::Access { .. } => self.path(expr),
            ExprKind::Paren(inner) => self.parts(None, [inner]),
            ExprKind::Array(items) => self.parts(Some(expr), items.iter()),
            ExprKind::Object(fields) => {
                self.parts(Some(expr), fields.iter().map(|field| field.value()))
            }
            ExprKind::Index { target, index } => self.parts(Some(expr), [target, index]),
            ExprKind::Unary { operand, .. } => self.parts(Some(expr), [operand]),
            ExprKind::Binary { left, right, .. } => self.parts(Some(expr), [left, right]),
            ExprKind::Call { target, args } => {
                self.parts(Some(expr), args.iter())?;
                self.tasks.push(Task::Callee(target));
                self.tasks.push(Task::Eval(target));
                Ok(None)
            }
        }
    }

    /// Puts up parts for evaluation in their order, and after them the whole.
    fn parts(
        &mut self,
        whole: Option<Expr<'a>>,
        parts: impl IntoIterator<Item = Expr<'a>, IntoIter: DoubleEndedIterator>,
    ) -> Result<Option<Value>, EvalError> {
        self.tasks.extend(whole.map(Task::Apply));
        self.tasks.extend(parts.into_iter().rev().map(Task::Eval));
        Ok(None)
    }

    fn identifier(&mut self, expr: Expr<'a>, name: &str) -> Result<Value, EvalError> {
        if let Some(value) = self.scope.variable(name) {
            return Ok(value.clone());
        }
        if let Some(found) = self.scope.resolve(&[name]) {
            return Ok(found.value);
        }
        if let Some((name, instead)) = stdlib::renamed(name) {
            self.deprecated.push(Deprecated { name, instead, span: expr.span() });
        }
        stdlib::value(name, self.scope.constants()).ok_or_else(|| {
            EvalError::of_name(expr.span(), format!("identifier {name:?} does not exist"))
        })
    }

    /// `a.b.c`: a path to something, or fields of a value.
    fn path(&mut self, expr: Expr<'a>) -> Result<Option<Value>, EvalError> {
        let mut accesses = Vec::new();
        let mut root = expr;
        while let ExprKind::Access { target, name, name_span } = root.kind() {
            accesses.push((target, name, name_span));
            root = target;
        }
        accesses.reverse();
        let (value, used) = match root.kind() {
            ExprKind::Ident(name) => {
                let first = accesses.iter().map(|&(_, name, _)| name);
                let path: Vec<&str> = [name].into_iter().chain(first).take(LONGEST_PATH).collect();
                match self.scope.variable(name) {
                    None => match self.scope.resolve(&path) {
                        Some(found) => (Some(found.value), found.names - 1),
                        None => match stdlib::member(path[0], path[1], self.scope.constants()) {
                            Some(value) => (Some(value), 1),
                            None => (None, 0),
                        },
                    },
                    Some(_) => (None, 0),
                }
            }
            _ => (None, 0),
        };
        let rest = accesses.into_iter().skip(used).rev();
        self.tasks.extend(rest.map(|(target, name, name_span)| Task::Field {
            target,
            name,
            name_span,
        }));
        match value {
            Some(value) => self.values.push(value),
            None => self.tasks.push(Task::Eval(root)),
        }
        Ok(None)
    }

    fn check_callee(&self, target: Expr<'a>) -> Result<(), EvalError> {
        match self.values.last().map(Value::kind) {
            Some(ValueKind::Function | ValueKind::Unknown) | None => Ok(()),
            Some(kind) => Err(EvalError::new(target.span(), mismatch(ValueKind::Function, kind))),
        }
    }

    /// Combines the values of the parts, which lie on the stack.
    fn apply(&mut self, expr: Expr<'a>) -> Result<Value, EvalError> {
        match expr.kind() {
            ExprKind::Array(items) => Ok(Value::array(self.pop_many(items.len()))),
            ExprKind::Object(fields) => {
                let values = self.pop_many(fields.len());
                Ok(Value::object(fields.iter().map(|field| field.name()).zip(values)))
            }
            ExprKind::Unary { op, operand } => {
                let value = self.pop();
                operators::unary(op, &value).map_err(|fault| blame(fault, operand, operand))
            }
            ExprKind::Binary { op, left, right } => {
                let (b, a) = (self.pop(), self.pop());
                self.spend(a.weight() + b.weight(), expr)?;
                operators::binary(op, &a, &b).map_err(|fault| blame(fault, left, right))
            }
            ExprKind::Index { target, index } => {
                let (at, value) = (self.pop(), self.pop());
                indexed(&value, &at, target, index)
            }
            ExprKind::Call { target, args } => {
                let values = self.pop_many(args.len());
                let callee = self.pop();
                let weight = values.iter().map(Value::weight).sum::<u64>();
                self.spend(weight, expr)?;
                match callee {
                    Value::Function(function) => function
                        .call(&values, self.scope)
                        .map_err(|failure| failed(failure, target, args.iter())),
                    other => Ok(other),
                }
            }
            _ => Ok(Value::Null),
        }
    }

    fn pop(&mut self) -> Value {
        self.values.pop().unwrap_or(Value::Null)
    }

    fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.values.split_off(self.values.len().saturating_sub(count))
    }

    fn spend(&mut self, weight: u64, at: Expr<'a>) -> Result<(), EvalError> {
        self.steps = self.steps.saturating_add(weight);
        if self.steps > MAX_STEPS {
            return Err(EvalError::new(at.span(), "takes too much to evaluate"));
        }
        Ok(())
    }
}

impl Value {
    /// A field of an object, as `target.name` reads it.
    fn field(self, target: Expr<'_>, name: &str, name_span: Span) -> Result<Value, EvalError> {
        match &self {
            Value::Unknown(_) => Ok(self),
            Value::Object(object) => object.get(name).cloned().ok_or_else(|| {
                EvalError::of_name(name_span, format!("field {name:?} does not exist"))
            }),
            Value::Secret(_) | Value::OptionalSecret(_) | Value::Capsule(_) => {
                Err(EvalError::new(target.span(), NO_FIELDS))
            }
            _ => {
                let kind = self.kind().name();
                let message = format!("cannot access field {name:?} on value of type {kind}");
                Err(EvalError::new(target.span(), message))
            }
        }
    }
}

const NO_FIELDS: &str =
    "expected object or array or a capsule convertible to an object, got capsule";

fn literal_value(expr: Expr<'_>, kind: LiteralKind, text: &str) -> Result<Value, EvalError> {
    match kind {
        LiteralKind::Null => Ok(Value::Null),
        LiteralKind::Bool => Ok(Value::Bool(text == "true")),
        LiteralKind::Number | LiteralKind::Float => literal::number(text)
            .map(Value::Number)
            .map_err(|message| EvalError::new(expr.span(), message)),
        LiteralKind::String => literal::string(text)
            .map(Value::String)
            .ok_or_else(|| EvalError::new(expr.span(), "invalid syntax")),
    }
}

/// `value[at]`
fn indexed(
    value: &Value,
    at: &Value,
    target: Expr<'_>,
    index: Expr<'_>,
) -> Result<Value, EvalError> {
    let wrong_index = |wanted| Err(EvalError::new(index.span(), mismatch(wanted, at.kind())));
    match (value, at) {
        (Value::Unknown(_), _) => Ok(value.clone()),
        (Value::Object(_) | Value::Array(_) | Value::Bytes(_), Value::Unknown(_)) => Ok(at.clone()),
        (Value::Object(object), Value::String(key)) => {
            Ok(object.get_text(key).cloned().unwrap_or(Value::Null))
        }
        (Value::Object(_), _) => wrong_index(ValueKind::String),
        (Value::Array(_) | Value::Bytes(_), Value::Number(number)) => {
            element(value, *number, index)
        }
        (Value::Array(_) | Value::Bytes(_), _) => wrong_index(ValueKind::Number),
        (Value::Secret(_) | Value::OptionalSecret(_) | Value::Capsule(_), _) => {
            Err(EvalError::new(target.span(), NO_FIELDS))
        }
        _ => {
            let message = format!("expected object or array, got {}", value.kind().name());
            Err(EvalError::new(target.span(), message))
        }
    }
}

fn element(value: &Value, number: Number, index: Expr<'_>) -> Result<Value, EvalError> {
    let at = number.to_i64();
    let (found, len) = match value {
        Value::Array(array) => {
            (usize::try_from(at).ok().and_then(|at| array.items().get(at).cloned()), array.len())
        }
        Value::Bytes(bytes) => {
            let byte = usize::try_from(at).ok().and_then(|at| bytes.as_bytes().get(at));
            (byte.map(|&byte| Value::Number(Number::Uint(u64::from(byte)))), bytes.len())
        }
        _ => (None, 0),
    };
    found.ok_or_else(|| {
        let message = format!("index {at} is out of range of array with length {len}");
        EvalError::new(index.span(), message)
    })
}

fn blame(fault: Fault, left: Expr<'_>, right: Expr<'_>) -> EvalError {
    match fault {
        Fault::Left(message) => EvalError::new(left.span(), message),
        Fault::Right(message) => EvalError::new(right.span(), message),
    }
}

/// Points at the argument, or the element of a written array, that a function refused.
fn failed<'a>(
    failure: Failure,
    target: Expr<'a>,
    mut args: impl Iterator<Item = Expr<'a>>,
) -> EvalError {
    let mut at = failure.argument.and_then(|argument| args.nth(argument)).unwrap_or(target);
    for index in failure.elements {
        match at.kind() {
            ExprKind::Array(items) => match items.get(index) {
                Some(item) => at = item,
                None => break,
            },
            _ => break,
        }
    }
    EvalError::new(at.span(), failure.message)
}
