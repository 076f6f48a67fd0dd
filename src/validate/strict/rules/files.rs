//! Files that a component reads when it is built.

use super::super::body::Body;
use super::super::codes;
use super::super::judge::Found;

/// Reports a file that must be there and is not.
pub(super) fn needed(body: &Body<'_>, name: &str) {
    let Some(path) = body.text(name) else { return };
    match body.judge.file(&path) {
        Found::Missing => body.refuse(codes::MISSING_FILE, name, format!("{path} is not there")),
        Found::Folder => {
            body.refuse(codes::UNUSABLE_FILE, name, format!("{path} is a folder"));
        }
        Found::Unknown(why) => {
            let message = format!("Alloy does not start unless {path} can be read ({why})");
            body.warn(codes::MISSING_FILE, name, message);
        }
        Found::File(_) => {}
    }
}

/// Reports a folder that must be there and is not.
pub(super) fn needed_folder(body: &Body<'_>, name: &str, path: &str) {
    match body.judge.file(path) {
        Found::Missing => body.refuse(codes::MISSING_FILE, name, format!("{path} is not there")),
        Found::File(_) => {
            body.refuse(codes::UNUSABLE_FILE, name, format!("{path} is no folder"));
        }
        Found::Unknown(why) => {
            let message = format!("Alloy does not start unless {path} is there ({why})");
            body.warn(codes::MISSING_FILE, name, message);
        }
        Found::Folder => {}
    }
}
