//! Every problem code, its HTTP status and title. `docs/errors.md` is generated from this list;
//! a retired code stays here as a comment, so that it never changes its meaning.

pub struct Code {
    pub code: &'static str,
    pub status: u16,
    /// Short and the same for every occurrence (RFC 9457, `title`).
    pub title: &'static str,
}

const fn c(code: &'static str, status: u16, title: &'static str) -> Code {
    Code { code, status, title }
}

/// Sorted by code.
pub const CODES: &[Code] = &[
    c("auth.account_disabled", 403, "Account disabled"),
    c("auth.bad_credentials", 401, "Wrong e-mail or password"),
    c("auth.csrf", 403, "Missing or wrong CSRF token"),
    c("auth.invitation_invalid", 404, "Invitation not valid"),
    c("auth.locked_out", 429, "Too many sign-in attempts"),
    c("auth.password_rule", 422, "Password too weak"),
    c("auth.required", 401, "Authentication required"),
    c("blueprint.fault", 422, "Definition has faults"),
    c("blueprint.undecided", 409, "A decision is missing"),
    c("body.invalid_json", 400, "Body is not JSON"),
    c("body.invalid_shape", 400, "Body has the wrong shape"),
    c("body.too_large", 413, "Body too large"),
    c("body.unsupported_type", 415, "Unsupported media type"),
    c("change.nothing_to_undo", 409, "Nothing left to undo"),
    c("export.too_large", 400, "Too many rows at once"),
    c("field.duplicate", 409, "Value already taken"),
    c("field.invalid", 422, "Invalid value"),
    c("field.out_of_range", 422, "Value out of range"),
    c("field.pattern", 422, "Value has the wrong form"),
    c("field.read_only", 422, "Field is read-only"),
    c("field.required", 422, "Value required"),
    c("field.too_long", 422, "Value too long"),
    c("field.unknown", 422, "No such field"),
    c("field.unknown_option", 422, "No such option"),
    c("file.link_invalid", 404, "Link not valid"),
    c("file.not_found", 404, "File not found"),
    c("idempotency.conflict", 409, "Idempotency key used for another request"),
    c("idempotency.in_progress", 409, "First request still running"),
    c("import.duplicate", 409, "Row is like a stored record"),
    c("import.file", 422, "File cannot be read"),
    c("import.invalid", 422, "Import has errors"),
    c("import.mapping", 422, "Mapping does not fit"),
    c("import.row", 422, "Row has the wrong shape"),
    c("import.running", 409, "Import is under way"),
    c("internal", 500, "Internal server error"),
    c("job.duplicate", 409, "Such a job is under way"),
    c("job.not_failed", 409, "Job has not failed"),
    c("job.over", 409, "Job is over"),
    c("location.required", 400, "Location required"),
    c("location.no_access", 403, "No access to this location"),
    c("meta.key_mismatch", 500, "Code and model disagree"),
    c("meta.no_such_object", 404, "No such object"),
    c("number.exhausted", 409, "Number series exhausted"),
    c("policy.denied", 403, "Insufficient permissions"),
    c("query.ambiguous_embed", 300, "More than one relation fits"),
    c("query.invalid", 400, "Query not understood"),
    c("query.no_such_field", 400, "No such field"),
    c("query.no_such_relation", 400, "No such relation"),
    c("query.range", 416, "Range not satisfiable"),
    c("query.single", 406, "Not exactly one record"),
    c("query.unbounded", 400, "Change without a filter"),
    c("query.unsupported", 400, "Operator does not fit the field"),
    c("rate.limited", 429, "Too many requests"),
    c("record.archived", 409, "Record is archived"),
    c("record.in_use", 409, "Record is in use"),
    c("record.merged", 410, "Merged into another record"),
    c("record.not_found", 404, "Not found"),
    c("record.too_many", 400, "Too many records at once"),
    c("record.version_conflict", 409, "Changed by somebody else"),
    c("record.precondition", 412, "Precondition failed"),
    c("reference.not_found", 422, "Referenced record not found"),
    c("restore.invalid", 422, "Export cannot be restored"),
    c("route.method", 405, "Method not allowed"),
    c("route.not_found", 404, "Not found"),
    c("service.unavailable", 503, "Temporarily unavailable"),
    c("stage.gate", 422, "Stage gate not met"),
    c("stage.not_allowed", 422, "Stage move not allowed"),
    c("stage.unknown", 422, "No such stage"),
    c("rule.refused", 422, "Refused by a rule"),
    c("workspace.no_access", 403, "No access to this workspace"),
];

/// The entry of `code`.
pub fn code(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|c| c.code == code)
}
