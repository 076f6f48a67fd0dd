//! `json_path`: the values a path leads to in a JSON text.
//!
//! Reads the steps of a path and follows them; conditions in `[?…]` are `jsonfilter`'s work.

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::stdlib::json::{self, Numbers};
use crate::eval::stdlib::jsonfilter::{Condition, Filter};
use crate::eval::{Unknown, Value};

/// More values than this are not collected.
const MOST_VALUES: usize = 1 << 20;
/// Paths with more steps are refused.
const MOST_STEPS: usize = 1_000;

/// `json_path(text, path)`
pub fn json_path(call: &Call<'_>) -> Result<Value, Failure> {
    let (text, path) = (call.text(0)?, call.text(1)?);
    let path = path.to_string();
    let mut reader = Reader { path: path.as_bytes(), at: 0 };
    let steps = reader.steps().map_err(Failure::new)?;
    if reader.at < path.len() {
        return Err(Failure::new("parse error in the path"));
    }
    let data = json::parse(text.as_bytes(), Numbers::BestFit).map_err(Failure::new)?;
    Ok(match follow(&steps, &data, &data) {
        Ok(found) if steps.is_empty() || found.is_empty() => Value::array([]),
        Ok(found) => Value::array(found),
        Err(unknown) => Value::Unknown(unknown),
    })
}

/// One step of a path.
#[derive(Debug)]
pub enum Step {
    /// `$`
    Root,
    /// `@`
    Here,
    /// `.name`, `['name']`
    Child(String),
    /// `[3]`, `[-1]`
    Nth(i64),
    /// `.*`, `[*]`
    All,
    /// `..`
    Descent,
    /// `['a', 0]`
    Union(Vec<Step>),
    /// `[from:to:step]`
    Slice(i64, Option<i64>, i64),
    /// `[?condition]`
    Filter(Box<Filter>),
}

/// Where a path leads, from `here`.
pub fn follow(steps: &[Step], root: &Value, here: &Value) -> Result<Vec<Value>, Unknown> {
    let mut found = vec![here.clone()];
    for (place, step) in steps.iter().enumerate() {
        let last = place + 1 == steps.len();
        let mut next = Vec::new();
        for value in &found {
            one_step(step, root, value, last, &mut next)?;
            if next.len() > MOST_VALUES {
                return Err(Unknown::new("the path leads to too many values"));
            }
        }
        found = next;
    }
    Ok(found)
}

fn one_step(
    step: &Step,
    root: &Value,
    value: &Value,
    last: bool,
    next: &mut Vec<Value>,
) -> Result<(), Unknown> {
    match step {
        Step::Root => next.push(root.clone()),
        Step::Here => next.push(value.clone()),
        Step::Child(name) => next.extend(value.as_object().and_then(|o| o.get(name)).cloned()),
        Step::Nth(at) => next.extend(nth(value, *at)),
        Step::All => next.extend(children(value)),
        Step::Descent => descend(value, last, next)?,
        Step::Union(steps) => {
            for step in steps {
                one_step(step, root, value, last, next)?;
            }
        }
        Step::Slice(from, to, step) => next.extend(slice(value, *from, *to, *step)),
        Step::Filter(filter) => {
            for child in children(value) {
                match filter.holds(root, &child)? {
                    Condition::Holds => next.push(child),
                    Condition::Fails => {}
                }
            }
        }
    }
    Ok(())
}

/// The elements or fields of a value.
fn children(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array.items().to_vec(),
        Value::Object(object) => object.iter().map(|(_, value)| value.clone()).collect(),
        _ => Vec::new(),
    }
}

fn nth(value: &Value, at: i64) -> Option<Value> {
    let items = value.as_array()?;
    let length = i64::try_from(items.len()).ok()?;
    let at = if at < 0 { length + at } else { at };
    items.get(usize::try_from(at).ok()?).cloned()
}

/// Everything inside, the deepest last; as the last step of a path without the scalars twice.
fn descend(value: &Value, last: bool, next: &mut Vec<Value>) -> Result<(), Unknown> {
    let mut todo = vec![value.clone()];
    while let Some(value) = todo.pop() {
        let inside = children(&value);
        if last {
            next.extend(inside.iter().cloned());
        } else if matches!(value, Value::Array(_) | Value::Object(_)) {
            next.push(value);
        }
        todo.extend(inside.into_iter().rev());
        if next.len() > MOST_VALUES {
            return Err(Unknown::new("the path leads to too many values"));
        }
    }
    if last && matches!(value, Value::Array(_) | Value::Object(_)) {
        next.push(value.clone());
    }
    Ok(())
}

fn slice(value: &Value, from: i64, to: Option<i64>, step: i64) -> Vec<Value> {
    let items = value.as_array().unwrap_or_default();
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let from = if from < 0 { (length + from).max(0) } else { from };
    let to = match to {
        None => length,
        Some(to) if to < 0 => length + to,
        Some(to) => to.min(length),
    };
    if step == 0 || from >= length {
        return Vec::new();
    }
    let (mut found, mut at) = (Vec::new(), from);
    while (step > 0 && at < to) || (step < 0 && at > to.max(-1)) {
        match usize::try_from(at).ok().and_then(|at| items.get(at)) {
            Some(item) => found.push(item.clone()),
            None => break,
        }
        at = at.saturating_add(step);
    }
    found
}

/// Reads a path.
pub struct Reader<'p> {
    /// The text.
    pub path: &'p [u8],
    /// How far it is read.
    pub at: usize,
}

/// Whether a byte may be part of a name that stands without quotes.
fn is_name(byte: u8) -> bool {
    match byte {
        0x80.. => true,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => true,
        _ => b"#%/+-:;?_`{|}~^".contains(&byte),
    }
}

const NOT_TERMINATED: &str = "not terminated";

impl Reader<'_> {
    /// The steps up to the end or to what is no step.
    pub fn steps(&mut self) -> Result<Vec<Step>, String> {
        let mut steps: Vec<Step> = Vec::new();
        while let Some(byte) = self.byte() {
            let first = steps.is_empty();
            let step = match byte {
                b'$' if first => self.skip(Step::Root),
                b'@' if first => self.skip(Step::Here),
                b'*' => self.skip(Step::All),
                b'.' => {
                    self.at += 1;
                    self.after_dot()?
                }
                b'[' => {
                    self.at += 1;
                    self.after_bracket()?
                }
                _ if is_name(byte) && (first || matches!(steps.last(), Some(Step::Descent))) => {
                    self.after_dot()?
                }
                _ => break,
            };
            steps.push(step);
            if steps.len() > MOST_STEPS {
                return Err("the path has too many steps".to_owned());
            }
        }
        Ok(steps)
    }

    /// The next byte.
    pub fn byte(&self) -> Option<u8> {
        self.path.get(self.at).copied()
    }

    fn skip(&mut self, step: Step) -> Step {
        self.at += 1;
        step
    }

    /// The next byte that is no blank.
    pub fn next_byte(&mut self) -> Option<u8> {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
        self.byte()
    }

    fn after_dot(&mut self) -> Result<Step, String> {
        match self.byte() {
            None => Err(NOT_TERMINATED.to_owned()),
            Some(b'*') => Ok(self.skip(Step::All)),
            Some(b'.') => Ok(self.skip(Step::Descent)),
            Some(byte) if is_name(byte) => {
                let rest = &self.path[self.at..];
                let length = rest.iter().take_while(|&&byte| is_name(byte)).count();
                self.at += length;
                Ok(Step::Child(String::from_utf8_lossy(&rest[..length]).into_owned()))
            }
            Some(_) => Err("an expression fragment can not start so".to_owned()),
        }
    }

    fn after_bracket(&mut self) -> Result<Step, String> {
        match self.next_byte() {
            None => Err(NOT_TERMINATED.to_owned()),
            Some(b'*') => {
                self.at += 1;
                self.close(Step::All)
            }
            Some(b':') => self.slice(0),
            Some(b'?') => {
                self.at += 1;
                let filter = Filter::read(self)?;
                self.close(Step::Filter(Box::new(filter)))
            }
            Some(_) => {
                let first = self.member()?;
                match (self.next_byte(), &first) {
                    (Some(b','), _) => self.union(first),
                    (Some(b':'), Step::Nth(from)) => self.slice(*from),
                    _ => self.close(first),
                }
            }
        }
    }

    fn close(&mut self, step: Step) -> Result<Step, String> {
        match self.next_byte() {
            Some(b']') => Ok(self.skip(step)),
            _ => Err("invalid bracket fragment".to_owned()),
        }
    }

    /// A name in quotes or a number.
    fn member(&mut self) -> Result<Step, String> {
        match self.next_byte() {
            Some(quote @ (b'\'' | b'"')) => self.quoted(quote).map(Step::Child),
            Some(b'-' | b'0'..=b'9') => self.integer().map(Step::Nth),
            _ => Err("parse error".to_owned()),
        }
    }

    fn union(&mut self, first: Step) -> Result<Step, String> {
        let mut members = vec![first];
        while self.next_byte() == Some(b',') {
            self.at += 1;
            members.push(self.member()?);
        }
        self.close(Step::Union(members))
    }

    fn slice(&mut self, from: i64) -> Result<Step, String> {
        let mut parts = [None, None];
        for part in &mut parts {
            if self.next_byte() != Some(b':') {
                break;
            }
            self.at += 1;
            if let Some(b'-' | b'0'..=b'9') = self.next_byte() {
                *part = Some(self.integer()?);
            }
        }
        self.close(Step::Slice(from, parts[0], parts[1].unwrap_or(1)))
    }

    fn integer(&mut self) -> Result<i64, String> {
        let rest = &self.path[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += sign + digits;
        let text = std::str::from_utf8(&rest[..sign + digits]).unwrap_or_default();
        text.parse().map_err(|_| "expected a number".to_owned())
    }

    /// A text in quotes, the opening one next.
    pub fn quoted(&mut self, quote: u8) -> Result<String, String> {
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            let byte = self.byte().ok_or(NOT_TERMINATED)?;
            self.at += 1;
            match byte {
                b'\\' => {
                    let escaped = self.byte().ok_or(NOT_TERMINATED)?;
                    self.at += 1;
                    bytes.push(match escaped {
                        b'b' => 0x08,
                        b't' => b'\t',
                        b'n' => b'\n',
                        b'f' => 0x0c,
                        b'r' => b'\r',
                        b'"' | b'\'' | b'\\' => escaped,
                        _ => return Err("not a valid escaped character".to_owned()),
                    });
                }
                _ if byte == quote => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                _ => bytes.push(byte),
            }
        }
    }
}
