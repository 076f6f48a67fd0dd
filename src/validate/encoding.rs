//! Which encodings Alloy refuses before it parses.

/// Byte order marks by what Alloy calls the encoding; the longer ones first.
const MARKS: [(&[u8], &str); 4] = [
    (&[0xff, 0xfe, 0, 0], "UTF32LittleEndian"),
    (&[0, 0, 0xfe, 0xff], "UTF32BigEndian"),
    (&[0xff, 0xfe], "UTF16LittleEndian"),
    (&[0xfe, 0xff], "UTF16BigEndian"),
];

const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Why Alloy refuses these bytes, in its words; none if it reads them.
pub(super) fn refusal(bytes: &[u8]) -> Option<String> {
    if let Some((_, name)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Some(format!("configuration is encoded with {name} but must be utf8"));
    }
    // Behind a mark the bytes are left to the scanner, which points at each bad one.
    let is_text = bytes.starts_with(UTF8_MARK) || std::str::from_utf8(bytes).is_ok();
    (!is_text).then(|| "unknown encoding for config".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_other_encodings_are_named() {
        assert_eq!(
            refusal(b"\xff\xfe\0\0a\0\0\0").as_deref(),
            Some("configuration is encoded with UTF32LittleEndian but must be utf8")
        );
        assert_eq!(
            refusal(b"\xfe\xff\0a").as_deref(),
            Some("configuration is encoded with UTF16BigEndian but must be utf8")
        );
    }

    #[test]
    fn invalid_bytes_are_refused_unless_a_mark_says_utf8() {
        assert_eq!(refusal(b"a = \"\xff\"").as_deref(), Some("unknown encoding for config"));
        assert_eq!(refusal(b"\xef\xbb\xbfa = \"\xff\""), None);
        assert_eq!(refusal("a = \"ä\"".as_bytes()), None);
    }
}
