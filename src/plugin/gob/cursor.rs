//! Where reading stands: in which message, and how much of it is left.

use super::{Invalid, MAX_MESSAGE, MAX_VALUES};

/// Why a value could not be read.
pub enum Stop {
    /// The rest has not arrived.
    Incomplete,
    /// It never will be.
    Invalid(Invalid),
}

impl From<Invalid> for Stop {
    fn from(invalid: Invalid) -> Stop {
        Stop::Invalid(invalid)
    }
}

/// What reading gives.
pub type Read<T> = Result<T, Stop>;

/// Where reading stands: in a message, and where the next one begins.
pub struct Cursor<'a> {
    input: &'a [u8],
    /// Where the next message begins.
    pub next: usize,
    /// What is left of this one.
    pub message: &'a [u8],
    values: usize,
}

impl<'a> Cursor<'a> {
    /// Before the message that begins there.
    pub fn at(input: &'a [u8], next: usize) -> Cursor<'a> {
        Cursor { input, next, message: &[], values: 0 }
    }

    /// Goes to the next message, which must have arrived whole.
    pub fn enter_message(&mut self) -> Read<()> {
        let rest = self.input.get(self.next..).unwrap_or_default();
        let mut head = rest;
        let length = match read_uint(&mut head) {
            Some(length) => length?,
            None => return Err(Stop::Incomplete),
        };
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_MESSAGE)
            .ok_or(Invalid("a message is too long"))?;
        let Some(message) = head.get(..length) else { return Err(Stop::Incomplete) };
        self.next += rest.len() - head.len() + length;
        self.message = message;
        Ok(())
    }

    /// Counts a value, of which one message may hold only so many.
    pub fn count_value(&mut self) -> Result<(), Invalid> {
        self.values += 1;
        match self.values > MAX_VALUES {
            true => Err(Invalid("a message holds too many values")),
            false => Ok(()),
        }
    }

    /// Reads a byte.
    pub fn byte(&mut self) -> Result<u8, Invalid> {
        let (first, rest) = self.message.split_first().ok_or(ENDS_EARLY)?;
        self.message = rest;
        Ok(*first)
    }

    /// Reads an unsigned integer.
    pub fn uint(&mut self) -> Result<u64, Invalid> {
        read_uint(&mut self.message).ok_or(ENDS_EARLY)?
    }

    /// Reads a signed integer.
    pub fn int(&mut self) -> Result<i64, Invalid> {
        let bits = self.uint()?;
        let magnitude = (bits >> 1).cast_signed();
        Ok(if bits & 1 == 1 { !magnitude } else { magnitude })
    }

    /// Reads a float.
    pub fn float(&mut self) -> Result<f64, Invalid> {
        Ok(f64::from_bits(self.uint()?.swap_bytes()))
    }

    /// Reads bytes with their length in front.
    pub fn bytes(&mut self) -> Result<&'a [u8], Invalid> {
        let length = usize::try_from(self.uint()?).map_err(|_| ENDS_EARLY)?;
        let (bytes, rest) = self.message.split_at_checked(length).ok_or(ENDS_EARLY)?;
        self.message = rest;
        Ok(bytes)
    }

    /// Reads a string.
    pub fn text(&mut self) -> Result<String, Invalid> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }
}

const ENDS_EARLY: Invalid = Invalid("a message ends within a value");

/// Reads an unsigned integer; none where the bytes end before it does.
fn read_uint(bytes: &mut &[u8]) -> Option<Result<u64, Invalid>> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        *bytes = rest;
        return Some(Ok(u64::from(first)));
    }
    let length = 256 - usize::from(first);
    if length > 8 {
        return Some(Err(Invalid("an integer is longer than eight bytes")));
    }
    let (digits, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit))))
}
