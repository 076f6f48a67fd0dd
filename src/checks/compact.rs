//! The checks of the catalogue in a compact form, so that a run reads no YAML: all that a check says
//! in a fixed order, each text with its length before it, so that it is not looked at when it is
//! read but lent. Places are left out but for the id's; whoever wants them reads the YAML.
//!
//! An item is a letter, a length or number, a colon and as many bytes: `t5:hello` is a text, `j4:true`
//! anything else as JSON, `l2:` a list of two. Each ends with a line break, so that a change of one
//! check is a change of its lines. A check names the text it was made of; of another text it is not
//! taken.

use std::borrow::Cow;

use alloy_grammar::span::Span;
use serde_json::Value as Json;

use crate::checks::model::{
    Check, Condition, Expectation, ExpectationKind, FactRequest, Severity, Text, ValueSpec,
};
use crate::source::Source;
use crate::yaml::wanda::Value;

/// What is left to read of the compact form.
#[derive(Clone, Debug)]
pub struct Reader(&'static str);

impl Reader {
    /// A reader of checks, one behind the other.
    pub const fn new(checks: &'static str) -> Reader {
        Reader(checks)
    }

    /// Reads the next check, which is to be the one of this source; none if it was made of another
    /// text, whose fingerprint differs.
    pub fn check(&mut self, source: &Source, fingerprint: u64) -> Option<Check> {
        let made_of = u64::from_str_radix(self.item('c')?, 16).ok()?;
        let check = Check {
            span: Span { start: self.number()?, end: self.number()? },
            id: self.text()?,
            name: self.text()?,
            group: self.text()?,
            description: self.text()?,
            remediation: self.text()?,
            severity: match self.text()?.as_str()? {
                "warning" => Severity::Warning,
                _ => Severity::Critical,
            },
            metadata: self.json()?,
            when: self.some_text()?,
            exclude: self.some_text()?,
            customization_disabled: self.json()?,
            facts: self.list(Reader::fact)?,
            values: self.list(Reader::value)?,
            expectations: self.list(Reader::expectation)?,
            source: source.clone(),
        };
        (made_of == fingerprint).then_some(check)
    }

    fn fact(&mut self) -> Option<FactRequest> {
        Some(FactRequest {
            name: self.text()?,
            gatherer: self.text()?,
            argument: self.text()?,
            span: Span::NONE,
        })
    }

    fn value(&mut self) -> Option<ValueSpec> {
        Some(ValueSpec {
            name: self.text()?,
            default: self.plain()?,
            conditions: self.list(Reader::condition)?,
            customization_disabled: self.json()?,
            span: Span::NONE,
        })
    }

    fn condition(&mut self) -> Option<Condition> {
        Some(Condition { value: self.plain()?, when: self.text()?, span: Span::NONE })
    }

    fn expectation(&mut self) -> Option<Expectation> {
        let key = self.text()?;
        Some(Expectation {
            kind: ExpectationKind::ALL.into_iter().find(|it| Some(it.key()) == key.as_str())?,
            name: self.text()?,
            expression: self.text()?,
            failure_message: self.text()?,
            warning_message: self.text()?,
            span: Span::NONE,
            expression_span: Span::NONE,
        })
    }

    fn plain(&mut self) -> Option<Value> {
        Some(Value { json: self.json()?, unfit: None })
    }

    fn some_text(&mut self) -> Option<Option<Text>> {
        Some(Some(self.text()?).filter(|text| !text.is_null()))
    }

    fn text(&mut self) -> Option<Text> {
        match self.0.starts_with('t') {
            true => Some(Text::Text(Cow::Borrowed(self.item('t')?))),
            false => Some(Text::Other(self.json()?)),
        }
    }

    fn json(&mut self) -> Option<Json> {
        if self.0.starts_with('t') {
            return Some(Json::from(self.item('t')?));
        }
        match self.item('j')? {
            "null" => Some(Json::Null),
            "false" => Some(Json::Bool(false)),
            other => serde_json::from_str(other).ok(),
        }
    }

    fn number(&mut self) -> Option<u32> {
        self.item('t')?.parse().ok()
    }

    fn list<T>(&mut self, read: impl Fn(&mut Reader) -> Option<T>) -> Option<Vec<T>> {
        let length = self.head('l')?;
        self.0 = self.0.strip_prefix('\n')?;
        let mut list = Vec::with_capacity(length);
        for _ in 0..length {
            list.push(read(self)?);
        }
        Some(list)
    }

    fn item(&mut self, kind: char) -> Option<&'static str> {
        let length = self.head(kind)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix('\n')?;
        Some(text)
    }

    fn head(&mut self, kind: char) -> Option<usize> {
        let (length, digits) = leading_number(self.0.strip_prefix(kind)?);
        self.0 = self.0.get(1 + digits..)?.strip_prefix(':')?;
        (digits > 0).then_some(length)
    }
}

/// The number that a text begins with, and how many digits it has.
fn leading_number(text: &str) -> (usize, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((0, 0), |(number, many), digit| {
        (number.saturating_mul(10).saturating_add(usize::from(digit - b'0')), many + 1)
    })
}

/// A number that texts share only by chance: FNV-1a over words of eight bytes. Of an embedded text
/// it is known when the program is built.
pub const fn fingerprint(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64;
    let mut at = 0;
    while at < bytes.len() {
        let mut word = [0; 8];
        let mut byte = 0;
        while byte < 8 && at + byte < bytes.len() {
            word[byte] = bytes[at + byte];
            byte += 1;
        }
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
        at += 8;
    }
    hash
}

/// The compact form of a check; none where a value of it cannot be said in JSON.
#[cfg(test)]
pub fn written(check: &Check) -> Option<String> {
    let is_fit = check.values.iter().all(|value| {
        value.default.unfit.is_none() && value.conditions.iter().all(|it| it.value.unfit.is_none())
    });
    let mut writer = Writer::default();
    writer.check(check);
    is_fit.then_some(writer.0)
}

#[cfg(test)]
#[derive(Default)]
struct Writer(String);

#[cfg(test)]
impl Writer {
    fn check(&mut self, check: &Check) {
        self.item('c', &format!("{:016x}", fingerprint(check.source.text())));
        self.item('t', &check.span.start.to_string());
        self.item('t', &check.span.end.to_string());
        for text in [&check.id, &check.name, &check.group, &check.description, &check.remediation] {
            self.text(text);
        }
        self.item('t', check.severity.name());
        self.json(&check.metadata);
        for text in [&check.when, &check.exclude] {
            self.text(text.as_ref().unwrap_or(&Text::Other(Json::Null)));
        }
        self.json(&check.customization_disabled);
        self.length(&check.facts);
        for fact in &check.facts {
            for text in [&fact.name, &fact.gatherer, &fact.argument] {
                self.text(text);
            }
        }
        self.length(&check.values);
        for value in &check.values {
            self.text(&value.name);
            self.json(&value.default.json);
            self.length(&value.conditions);
            for condition in &value.conditions {
                self.json(&condition.value.json);
                self.text(&condition.when);
            }
            self.json(&value.customization_disabled);
        }
        self.length(&check.expectations);
        for it in &check.expectations {
            self.item('t', it.kind.key());
            for text in [&it.name, &it.expression, &it.failure_message, &it.warning_message] {
                self.text(text);
            }
        }
    }

    fn text(&mut self, text: &Text) {
        self.json(&text.to_json());
    }

    fn json(&mut self, json: &Json) {
        match json {
            Json::String(text) => self.item('t', text),
            other => self.item('j', &other.to_string()),
        }
    }

    fn length<T>(&mut self, list: &[T]) {
        self.0.push_str(&format!("l{}:\n", list.len()));
    }

    fn item(&mut self, kind: char, text: &str) {
        self.0.push_str(&format!("{kind}{}:{text}\n", text.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::load;

    const CHECK: &str = "id: A1\nname: é\ngroup: 7\ndescription: d\nremediation: r\nwhen: 'true'\n\
        metadata: {target_type: host}\nfacts: [{name: x, gatherer: g}]\n\
        values: [{name: v, default: 5, conditions: [{value: a, when: 'env.x'}]}]\n\
        expectations: [{name: e, expect_enum: facts.x, warning_message: \"w\\nt3:x\"}]\n";

    #[test]
    fn a_check_comes_back_from_its_compact_form_as_it_was() {
        let loaded = load::source(Source::new("A1.yaml", CHECK));
        let made = loaded.check.unwrap();
        let written: &'static str = written(&made).unwrap().repeat(2).leak();
        let mut reader = Reader::new(written);
        let json = |check: &Check| serde_json::to_value(check).unwrap();
        for _ in 0..2 {
            let back = reader.check(&loaded.source, fingerprint(CHECK)).unwrap();
            assert_eq!(json(&back), json(&made));
            assert_eq!(back.span, made.span);
        }
        assert!(reader.0.is_empty());
        let other = CHECK.replace("name: é", "name: e");
        assert!(Reader::new(written).check(&loaded.source, fingerprint(&other)).is_none());
    }

    #[test]
    fn what_is_cut_off_is_no_check() {
        let loaded = load::source(Source::new("A1.yaml", CHECK));
        let written: &'static str = written(&loaded.check.unwrap()).unwrap().leak();
        for end in (0..written.len()).filter(|end| written.is_char_boundary(*end)) {
            let read = Reader::new(&written[..end]).check(&loaded.source, fingerprint(CHECK));
            assert!(read.is_none(), "{end}");
        }
    }
}
