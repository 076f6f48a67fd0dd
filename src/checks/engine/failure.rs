//! Why an expression gave nothing, in the server's words.

use rhai::{EvalAltResult, ParseError, Position};

use super::limits::Exhausted;

/// An error of an expression, as results carry it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// The kind of error, such as `property_not_found`.
    pub kind: &'static str,
    /// What happened, with line and position in the expression.
    pub message: String,
    /// Line and column in the expression, from 1, the column in characters.
    pub position: Option<(usize, usize)>,
}

/// Why an expression gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The expression is wrong or failed.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The result is nothing that could be stored; the text says what it is. The server goes on
    /// and dies when it stores it.
    #[error("{0}")]
    Unstorable(String),
    /// The server would die of it; the text says of what.
    #[error("{0}")]
    Crash(String),
}

impl ScriptError {
    /// Of an expression that is no valid Rhai. The message is the server's, which evaluates.
    pub(super) fn parsing(error: &ParseError) -> ScriptError {
        ScriptError {
            kind: "parsing",
            message: format!("Syntax error: {error}"),
            position: place(error.position()),
        }
    }

    /// The message of a syntax error without the words `Syntax error: `.
    pub fn bare_message(&self) -> &str {
        self.message.strip_prefix("Syntax error: ").unwrap_or(&self.message)
    }
}

pub(super) fn script_error(error: &EvalAltResult) -> ScriptError {
    let inner = innermost(error);
    let position = place(error.position());
    if let EvalAltResult::ErrorTerminated(token, _) = inner {
        let (kind, message) = exhausted(token.clone().try_cast::<Exhausted>());
        return ScriptError { kind, message, position };
    }
    ScriptError { kind: kind(inner), message: error.to_string(), position }
}

/// What is said where the server would hang, die, or take very long.
fn exhausted(why: Option<Exhausted>) -> (&'static str, String) {
    match why {
        Some(Exhausted::Steps(whose, most)) => {
            ("too_many_operations", format!("Too many operations: {whose} takes more than {most}"))
        }
        Some(Exhausted::Time(whose, most)) => {
            ("terminated", format!("Script terminated: {whose} takes more than {most} ms"))
        }
        Some(Exhausted::Stack) => {
            let message = "Stack overflow: `eval` calls itself; a Trento server dies of it";
            ("stack_overflow", message.to_owned())
        }
        Some(Exhausted::Endless) => {
            let message = "Script terminated: `pad` with an empty text never ends on a Trento \
                           server";
            ("terminated", message.to_owned())
        }
        None => ("terminated", "Script terminated".to_owned()),
    }
}

fn place(position: Position) -> Option<(usize, usize)> {
    Some((position.line()?, position.position().unwrap_or(1)))
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    let mut error = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
    | EvalAltResult::ErrorInModule(_, inner, _) = error
    {
        error = inner;
    }
    error
}

fn kind(error: &EvalAltResult) -> &'static str {
    match error {
        EvalAltResult::ErrorSystem(..) => "system",
        EvalAltResult::ErrorParsing(..) => "parsing",
        EvalAltResult::ErrorVariableExists(..) => "variable_exists",
        EvalAltResult::ErrorForbiddenVariable(..) => "forbidden_variable",
        EvalAltResult::ErrorVariableNotFound(..) => "variable_not_found",
        EvalAltResult::ErrorPropertyNotFound(..) => "property_not_found",
        EvalAltResult::ErrorIndexNotFound(..) => "index_not_found",
        EvalAltResult::ErrorFunctionNotFound(..) => "function_not_found",
        EvalAltResult::ErrorModuleNotFound(..) => "module_not_found",
        EvalAltResult::ErrorInFunctionCall(..) => "in_function_call",
        EvalAltResult::ErrorInModule(..) => "in_module",
        EvalAltResult::ErrorUnboundThis(..) => "unbound_this",
        EvalAltResult::ErrorMismatchDataType(..) => "mismatch_data_type",
        EvalAltResult::ErrorMismatchOutputType(..) => "mismatch_output_type",
        EvalAltResult::ErrorIndexingType(..) => "indexing_type",
        EvalAltResult::ErrorArrayBounds(..) => "array_bounds",
        EvalAltResult::ErrorStringBounds(..) => "string_bounds",
        EvalAltResult::ErrorBitFieldBounds(..) => "bit_field_bounds",
        EvalAltResult::ErrorFor(..) => "for",
        EvalAltResult::ErrorDataRace(..) => "data_race",
        EvalAltResult::ErrorAssignmentToConstant(..) => "assignment_to_constant",
        EvalAltResult::ErrorDotExpr(..) => "dot_expr",
        EvalAltResult::ErrorArithmetic(..) => "arithmetic",
        EvalAltResult::ErrorTooManyOperations(..) => "too_many_operations",
        EvalAltResult::ErrorTooManyVariables(..) => "too_many_variables",
        EvalAltResult::ErrorTooManyModules(..) => "too_many_modules",
        EvalAltResult::ErrorStackOverflow(..) => "stack_overflow",
        EvalAltResult::ErrorDataTooLarge(..) => "data_too_large",
        EvalAltResult::ErrorTerminated(..) => "terminated",
        EvalAltResult::ErrorCustomSyntax(..) => "custom_syntax",
        EvalAltResult::ErrorNonPureMethodCallOnConstant(..) => "non_pure_method_call_on_constant",
        _ => "runtime",
    }
}
