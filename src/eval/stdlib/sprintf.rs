//! `string.format`: Go's `fmt.Sprintf`, which never fails but writes its complaints into the text.
//!
//! Reads the format; how one value is written is `verbs`' work.

use crate::eval::stdlib::verbs::Printer;
use crate::eval::{Number, Unknown, Value};

/// Widths and precisions above this are refused.
const LARGEST_WIDTH: i64 = 1_000_000;

/// Formats as Go does.
///
/// # Errors
/// The text depends on what is not known, such as the address of a function, or is too large.
pub fn sprintf(format: &[u8], args: &[Value]) -> Result<Vec<u8>, Unknown> {
    let mut reader = Reader { format, at: 0, args, next: 0, reordered: false, good_index: true };
    let mut printer = Printer::default();
    while reader.at < format.len() {
        let plain = reader.rest().iter().position(|&byte| byte == b'%');
        let plain = plain.unwrap_or(format.len() - reader.at);
        printer.write(&reader.rest()[..plain]);
        reader.at += plain;
        if reader.at >= format.len() {
            break;
        }
        reader.at += 1;
        reader.directive(&mut printer);
    }
    if !reader.reordered && reader.next < args.len() {
        extra(&mut printer, &args[reader.next..]);
    }
    printer.finish()
}

/// Names the arguments that no directive used.
fn extra(printer: &mut Printer, args: &[Value]) {
    printer.reset();
    printer.write(b"%!(EXTRA ");
    for (place, arg) in args.iter().enumerate() {
        if place > 0 {
            printer.write(b", ");
        }
        printer.typed(arg);
    }
    printer.write(b")");
}

/// Where the reading of a format stands.
struct Reader<'f> {
    format: &'f [u8],
    at: usize,
    args: &'f [Value],
    /// The argument that comes next.
    next: usize,
    /// Whether an argument was ever named by its number.
    reordered: bool,
    /// Whether all numbers in this directive name an argument.
    good_index: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        &self.format[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// Carries out what stands behind a `%`.
    fn directive(&mut self, printer: &mut Printer) {
        self.good_index = true;
        printer.reset();
        self.flags(printer);
        let mut after_index = self.index();
        after_index = self.width(printer, after_index);
        after_index = self.precision(printer, after_index);
        if !after_index {
            self.index();
        }
        let Some(verb) = self.verb() else {
            printer.write(b"%!(NOVERB)");
            return;
        };
        if verb == '%' {
            printer.write(b"%");
        } else if !self.good_index {
            printer.complain(verb, "BADINDEX");
        } else if let Some(arg) = self.args.get(self.next) {
            printer.arg(arg, verb);
            self.next += 1;
        } else {
            printer.complain(verb, "MISSING");
        }
    }

    fn flags(&mut self, printer: &mut Printer) {
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => printer.sharp = true,
                b'0' => printer.zero = true,
                b'+' => printer.plus = true,
                b'-' => printer.minus = true,
                b' ' => printer.space = true,
                _ => break,
            }
            self.at += 1;
        }
    }

    fn width(&mut self, printer: &mut Printer, after_index: bool) -> bool {
        if self.peek() == Some(b'*') {
            self.at += 1;
            let width = self.number_from_arg();
            if width.is_none() {
                printer.write(b"%!(BADWIDTH)");
            }
            if width.is_some_and(|width| width < 0) {
                printer.minus = true;
                printer.zero = false;
            }
            printer.width = width.map(|width| width.unsigned_abs() as usize);
            return false;
        }
        printer.width = self.number();
        if after_index && printer.width.is_some() {
            self.good_index = false;
        }
        after_index
    }

    fn precision(&mut self, printer: &mut Printer, after_index: bool) -> bool {
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return after_index;
        }
        self.at += 1;
        if after_index {
            self.good_index = false;
        }
        let after_index = self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            let precision = self.number_from_arg().and_then(|number| usize::try_from(number).ok());
            if precision.is_none() {
                printer.write(b"%!(BADPREC)");
            }
            printer.precision = precision;
            return false;
        }
        printer.precision = Some(self.number().unwrap_or(0));
        after_index
    }

    /// Digits, if there are any. A number that is too large swallows the rest of the format.
    fn number(&mut self) -> Option<usize> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut number: i64 = 0;
        for &digit in &self.rest()[..digits] {
            if number > LARGEST_WIDTH {
                self.at = self.format.len();
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
        }
        self.at += digits;
        (digits > 0).then(|| usize::try_from(number).unwrap_or(0))
    }

    /// The width or precision that `*` takes from the arguments.
    fn number_from_arg(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let number = match arg {
            Value::Number(Number::Int(number)) => *number,
            Value::Number(Number::Uint(number)) => i64::try_from(*number).ok()?,
            _ => return None,
        };
        (-LARGEST_WIDTH..=LARGEST_WIDTH).contains(&number).then_some(number)
    }

    /// `[3]`: the number of the argument to use; says whether there was a well-formed one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.rest();
        let Some(close) = rest.iter().position(|&byte| byte == b']').filter(|_| rest.len() >= 3)
        else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let digits = &rest[1..close];
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse::<usize>().ok());
        self.at += close + 1;
        match number {
            Some(number) if (1..=self.args.len()).contains(&number) => {
                self.next = number - 1;
                true
            }
            _ => {
                self.good_index = false;
                number.is_some()
            }
        }
    }

    fn verb(&mut self) -> Option<char> {
        let chunk = self.rest().utf8_chunks().next()?;
        match chunk.valid().chars().next() {
            Some(verb) => {
                self.at += verb.len_utf8();
                Some(verb)
            }
            None => {
                self.at += 1;
                Some(char::REPLACEMENT_CHARACTER)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(format: &str, args: &[Value]) -> String {
        String::from_utf8(sprintf(format.as_bytes(), args).unwrap()).unwrap()
    }

    #[test]
    fn directives_are_carried_out_as_go_does() {
        let int = Value::int;
        let text = |text: &str| Value::string(text);
        for (format, args, expected) in [
            ("%05d|%-5d|%+d|% d", vec![int(42), int(42), int(42), int(5)], "00042|42   |+42| 5"),
            ("%x %X %#x %o %b %c %q %U", vec![int(255); 8], "ff FF 0xff 377 11111111 ÿ 'ÿ' U+00FF"),
            ("%-5s|%5s|%.2s|%x|%q", vec![text("ab"); 5], "ab   |   ab|ab|6162|\"ab\""),
            (
                "%6.2f|%08.3f|%e|%g",
                vec![Value::float(2.71); 4],
                "  2.71|0002.710|2.710000e+00|2.71",
            ),
            ("%[2]d %[1]d", vec![int(1), int(2)], "2 1"),
            ("%*d|%.*f", vec![int(5), int(42), int(1), Value::float(2.25)], "   42|2.2"),
            ("%d %s", vec![text("4"), int(4)], "%!d(string=4) %!s(int=4)"),
            ("%d", vec![], "%!d(MISSING)"),
            ("%!", vec![], "%!!(MISSING)"),
            ("%", vec![], "%!(NOVERB)"),
            ("x", vec![int(1), Value::Null], "x%!(EXTRA int=1, <nil>)"),
            ("%[5]d", vec![int(1)], "%!d(BADINDEX)"),
            ("%v %v", vec![Value::Null, Value::array([int(1), Value::Null])], "<nil> [1 <nil>]"),
            ("%T %T", vec![int(1), Value::array([])], "int []interface {}"),
            (
                "%#v",
                vec![Value::object([("a", text("x"))])],
                "map[string]interface {}{\"a\":\"x\"}",
            ),
        ] {
            assert_eq!(formatted(format, &args), expected, "{format}");
        }
    }

    #[test]
    fn a_text_that_would_be_huge_is_unknown() {
        let format = "%1000000d".repeat(1_000);
        let args = vec![Value::int(1); 1_000];
        assert!(sprintf(format.as_bytes(), &args).is_err());
    }
}
