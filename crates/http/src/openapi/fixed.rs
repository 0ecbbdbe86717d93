//! The routes that do not depend on the model. A test compares this list with the routers.
use serde_json::{Value as Json, json};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anybody.
    Open,
    /// Any member.
    Member,
    /// A member with the named right.
    Right(&'static str),
}

pub struct Fixed {
    pub method: &'static str,
    pub path: &'static str,
    pub guard: Guard,
    pub tag: &'static str,
    pub summary: &'static str,
    /// Members of the body: name, JSON type, whether it must be there.
    pub body: &'static [(&'static str, &'static str, bool)],
    /// Status of success.
    pub success: u16,
}

const fn r(
    method: &'static str,
    path: &'static str,
    guard: Guard,
    tag: &'static str,
    summary: &'static str,
    body: &'static [(&'static str, &'static str, bool)],
    success: u16,
) -> Fixed {
    Fixed { method, path, guard, tag, summary, body, success }
}

use Guard::{Member, Open, Right};
const IMPORT: Guard = Right("imports.run");
const MANAGE: Guard = Right("members.manage");
const MODEL: Guard = Right("objects.manage");
const OBJECT: &[(&str, &str, bool)] = &[
    ("label", "string", false),
    ("label_plural", "string", false),
    ("description", "string", false),
    ("icon", "string", false),
    ("title", "string", false),
    ("search", "array", false),
];
const SIGN_IN: &[(&str, &str, bool)] =
    &[("email", "string", true), ("password", "string", true), ("workspace", "string", false)];

pub const FIXED: &[Fixed] = &[
    r("get", "/health", Open, "Health", "Whether Kontor and its services work", &[], 200),
    r("get", "/api/health", Open, "Health", "Whether Kontor and its services work", &[], 200),
    r("get", "/api/healthz", Open, "Health", "Whether Kontor and its services work", &[], 200),
    r("get", "/api/v1", Open, "About", "What this is", &[], 200),
    r("get", "/api/v1/openapi.json", Member, "About", "This document, for the caller's workspace", &[], 200),
    r(
        "get",
        "/api/v1/model",
        Member,
        "Model",
        "Objects, fields, pipelines and views, as far as I may see them",
        &[],
        200,
    ),
    r(
        "get",
        "/api/v1/live",
        Member,
        "Changes",
        "Changes by others as they happen: server-sent events, or at once as JSON what came after `after`",
        &[],
        200,
    ),
    r(
        "get",
        "/api/v1/search",
        Member,
        "Search",
        "Everything that the caller may see, by what is typed",
        &[],
        200,
    ),
    r("post", "/api/v1/auth/session", Open, "Sign-in", "Sign in", SIGN_IN, 201),
    r("delete", "/api/v1/auth/session", Open, "Sign-in", "Sign out", &[], 204),
    r("post", "/api/v1/auth/login", Open, "Sign-in", "Sign in (another name)", SIGN_IN, 201),
    r("post", "/api/v1/auth/logout", Open, "Sign-in", "Sign out (another name)", &[], 204),
    r(
        "post",
        "/api/v1/auth/workspace",
        Member,
        "Sign-in",
        "Switch the session's workspace",
        &[("workspace", "string", true)],
        200,
    ),
    r("get", "/api/v1/auth/invitations/{token}", Open, "Sign-in", "Look at an invitation", &[], 200),
    r(
        "post",
        "/api/v1/auth/invitations/{token}",
        Open,
        "Sign-in",
        "Accept an invitation",
        &[("name", "string", false), ("password", "string", false), ("confirmation", "string", false)],
        201,
    ),
    r("get", "/api/v1/auth/me", Member, "Me", "Who I am (another name)", &[], 200),
    r("get", "/api/v1/me", Member, "Me", "Who I am", &[], 200),
    r(
        "patch",
        "/api/v1/me",
        Member,
        "Me",
        "Change my name, picture, time zone, preferences",
        &[
            ("name", "string", false),
            ("image", "string", false),
            ("timezone", "string", false),
            ("preferences", "object", false),
        ],
        200,
    ),
    r(
        "post",
        "/api/v1/me/password",
        Member,
        "Me",
        "Change my password",
        &[
            ("current_password", "string", true),
            ("password", "string", true),
            ("confirmation", "string", false),
        ],
        204,
    ),
    r("get", "/api/v1/me/permissions", Member, "Me", "What I may do", &[], 200),
    r("get", "/api/v1/me/sessions", Member, "Me", "Where I am signed in", &[], 200),
    r("delete", "/api/v1/me/sessions", Member, "Me", "Sign out everywhere else", &[], 200),
    r("delete", "/api/v1/me/sessions/{id}", Member, "Me", "End one session", &[], 204),
    r("get", "/api/v1/me/api-keys", Member, "Me", "My API keys", &[], 200),
    r(
        "post",
        "/api/v1/me/api-keys",
        Right("api_keys.manage"),
        "Me",
        "Make an API key; it is shown once",
        &[("name", "string", true), ("scopes", "array", true), ("expires_at", "string", false)],
        201,
    ),
    r("delete", "/api/v1/me/api-keys/{id}", Member, "Me", "Revoke an API key", &[], 204),
    r("get", "/api/v1/admin/invitations", MANAGE, "Members", "Open invitations", &[], 200),
    r(
        "post",
        "/api/v1/admin/invitations",
        MANAGE,
        "Members",
        "Invite somebody",
        &[("email", "string", true), ("role", "string", true), ("location_id", "string", false)],
        201,
    ),
    r("delete", "/api/v1/admin/invitations/{id}", MANAGE, "Members", "Withdraw an invitation", &[], 204),
    r(
        "patch",
        "/api/v1/admin/members/{id}",
        MANAGE,
        "Members",
        "Enable or disable a member",
        &[("is_active", "boolean", false)],
        204,
    ),
    r("get", "/api/v1/admin/members/{id}/roles", MANAGE, "Members", "A member's roles", &[], 200),
    r(
        "post",
        "/api/v1/admin/members/{id}/roles",
        MANAGE,
        "Members",
        "Give a role",
        &[("role", "string", true), ("location_id", "string", false)],
        201,
    ),
    r(
        "delete",
        "/api/v1/admin/members/{id}/roles/{assignment}",
        MANAGE,
        "Members",
        "Take a role away",
        &[],
        204,
    ),
    r(
        "get",
        "/api/v1/admin/blueprint/upgrade",
        Right("objects.manage"),
        "Definition",
        "What is shipped now, what stays, and what must be decided",
        &[],
        200,
    ),
    r(
        "post",
        "/api/v1/admin/blueprint/upgrade",
        Right("objects.manage"),
        "Definition",
        "Take up what is shipped now, with these decisions",
        &[("choices", "object", false)],
        200,
    ),
    r(
        "get",
        "/api/v1/admin/retention",
        Right("privacy.manage"),
        "Privacy",
        "What the retention rules reach now; nothing is written",
        &[],
        200,
    ),
    r(
        "post",
        "/api/v1/admin/retention/sweeps",
        Right("privacy.manage"),
        "Privacy",
        "Apply the retention rules, as a job",
        &[],
        202,
    ),
    r("get", "/api/v1/admin/roles", MANAGE, "Members", "Roles and their rights", &[], 200),
    r("get", "/api/v1/admin/role-overrides", MANAGE, "Members", "Rights that differ by location", &[], 200),
    r(
        "put",
        "/api/v1/admin/role-overrides/{location}/{role}",
        MANAGE,
        "Members",
        "Change a role's rights in one location",
        &[("permissions", "object", false), ("objects", "object", false)],
        200,
    ),
    r(
        "delete",
        "/api/v1/admin/role-overrides/{location}/{role}",
        MANAGE,
        "Members",
        "Back to the role as it is",
        &[],
        204,
    ),
    r(
        "post",
        "/api/v1/admin/explain",
        MANAGE,
        "Members",
        "Why a member may or may not do something",
        &[
            ("member_id", "string", false),
            ("object", "string", false),
            ("action", "string", false),
            ("permission", "string", false),
            ("record_id", "string", false),
            ("field", "string", false),
        ],
        200,
    ),
    r("get", "/api/v1/admin/objects", MODEL, "Model", "Objects and fields, own and shipped", &[], 200),
    r(
        "post",
        "/api/v1/admin/objects",
        MODEL,
        "Model",
        "Make an object",
        &[
            ("name", "string", true),
            ("fields", "array", true),
            ("plural", "string", false),
            ("label", "string", false),
            ("rights", "object", false),
            ("pipelines", "array", false),
        ],
        201,
    ),
    r("get", "/api/v1/admin/objects/{object}", MODEL, "Model", "One object with its fields", &[], 200),
    r(
        "patch",
        "/api/v1/admin/objects/{object}",
        MODEL,
        "Model",
        "Change an object's labels and rights",
        OBJECT,
        200,
    ),
    r(
        "delete",
        "/api/v1/admin/objects/{object}",
        MODEL,
        "Model",
        "Delete an archived object of one's own; its records go after a day",
        &[],
        204,
    ),
    r("put", "/api/v1/admin/objects/{object}/archival", MODEL, "Model", "Put an own object away", &[], 204),
    r(
        "delete",
        "/api/v1/admin/objects/{object}/archival",
        MODEL,
        "Model",
        "Bring an own object back",
        &[],
        204,
    ),
    r(
        "post",
        "/api/v1/admin/objects/{object}/fields",
        MODEL,
        "Model",
        "Add a field",
        &[
            ("name", "string", true),
            ("kind", "string", true),
            ("label", "string", false),
            ("personal", "boolean", true),
        ],
        201,
    ),
    r(
        "put",
        "/api/v1/admin/objects/{object}/fields/order",
        MODEL,
        "Model",
        "The order in which fields are shown",
        &[("fields", "array", true)],
        200,
    ),
    r(
        "patch",
        "/api/v1/admin/objects/{object}/fields/{field}",
        MODEL,
        "Model",
        "Change a field",
        &[("label", "string", false), ("help", "string", false), ("required", "boolean", false)],
        200,
    ),
    r(
        "delete",
        "/api/v1/admin/objects/{object}/fields/{field}",
        MODEL,
        "Model",
        "Delete an archived own field; its values go after a day",
        &[],
        204,
    ),
    r(
        "put",
        "/api/v1/admin/objects/{object}/fields/{field}/archival",
        MODEL,
        "Model",
        "Put an own field away",
        &[],
        204,
    ),
    r(
        "delete",
        "/api/v1/admin/objects/{object}/fields/{field}/archival",
        MODEL,
        "Model",
        "Bring an own field back",
        &[],
        204,
    ),
    r(
        "post",
        "/api/v1/imports/uploads",
        IMPORT,
        "Imports",
        "Keep a file that is to be imported (`?name=`, the body is the file)",
        &[],
        201,
    ),
    r(
        "post",
        "/api/v1/imports/suggestions",
        IMPORT,
        "Imports",
        "Where the columns of a file would go",
        &[
            ("object", "string", true),
            ("upload", "string", false),
            ("name", "string", false),
            ("text", "string", false),
        ],
        200,
    ),
    r("get", "/api/v1/imports/jobs", IMPORT, "Imports", "Imports, newest first", &[], 200),
    r(
        "post",
        "/api/v1/imports/jobs",
        IMPORT,
        "Imports",
        "Import an uploaded file as a job",
        &[
            ("upload", "string", true),
            ("mapping", "object", false),
            ("object", "string", false),
            ("key", "array", false),
            ("mode", "string", false),
            ("duplicates", "string", false),
            ("choices", "object", false),
            ("automations", "boolean", false),
            ("dry_run", "boolean", false),
            ("on_error", "string", false),
        ],
        202,
    ),
    r(
        "get",
        "/api/v1/imports/jobs/{id}",
        IMPORT,
        "Imports",
        "An import, how far it is and its errors",
        &[],
        200,
    ),
    r("delete", "/api/v1/imports/jobs/{id}", IMPORT, "Imports", "Take an import back, all of it", &[], 202),
    r("post", "/api/v1/imports/jobs/{id}/resumption", IMPORT, "Imports", "Go on with an import", &[], 202),
    r("get", "/api/v1/imports/jobs/{id}/errors.csv", IMPORT, "Imports", "The refused rows and why", &[], 200),
    r(
        "get",
        "/api/v1/imports/jobs/{id}/matches",
        IMPORT,
        "Imports",
        "The rows that are very like stored records",
        &[],
        200,
    ),
    r(
        "post",
        "/api/v1/imports",
        Right("imports.run"),
        "Imports",
        "Import CSV with a mapping",
        &[
            ("mapping", "object", false),
            ("object", "string", false),
            ("key", "array", false),
            ("files", "object", true),
            ("dry_run", "boolean", false),
        ],
        200,
    ),
    r("get", "/api/v1/exports", Member, "Exports", "My exports, newest first", &[], 200),
    r(
        "post",
        "/api/v1/exports",
        Member,
        "Exports",
        "Export a list as a job",
        &[
            ("object", "string", true),
            ("query", "string", false),
            ("format", "string", true),
            ("header", "string", false),
            ("title", "string", false),
        ],
        202,
    ),
    r(
        "post",
        "/api/v1/admin/export",
        MANAGE,
        "Exports",
        "Export the whole workspace as a job",
        &[("title", "string", false)],
        202,
    ),
    r("get", "/api/v1/exports/{id}", Member, "Exports", "An export, with a link once it is done", &[], 200),
    r(
        "post",
        "/api/v1/files/uploads",
        Right("file:create"),
        "Files",
        "Begin an upload: where its bytes go, and what its record shall say besides",
        &[("name", "string", true), ("size", "integer", true), ("mime_type", "string", true)],
        201,
    ),
    r(
        "post",
        "/api/v1/files/uploads/{id}/completion",
        Right("file:create"),
        "Files",
        "Complete an upload: the record of the file",
        &[],
        201,
    ),
    r(
        "get",
        "/api/v1/files/{id}/content",
        Right("file:read"),
        "Files",
        "Leads to the bytes of a file: `inline=true` shows, `as=link` tells the address",
        &[],
        200,
    ),
    r(
        "put",
        "/api/v1/uploads/{token}",
        Open,
        "Files",
        "The bytes of an upload, for whoever has its address; it lives for 15 minutes",
        &[],
        204,
    ),
    r(
        "get",
        "/api/v1/downloads/{token}",
        Open,
        "Files",
        "A file, for whoever has a link to it; links live for 15 minutes",
        &[],
        200,
    ),
    r(
        "get",
        "/api/v1/jobs",
        Member,
        "Jobs",
        "Jobs, newest first; one's own without a right to see others'",
        &[],
        200,
    ),
    r(
        "get",
        "/api/v1/admin/backups",
        Right("settings.manage"),
        "Jobs",
        "The backups of this installation, newest first",
        &[],
        200,
    ),
    r(
        "get",
        "/api/v1/jobs/schedules",
        Right("settings.manage"),
        "Jobs",
        "What comes round by the calendar",
        &[],
        200,
    ),
    r("get", "/api/v1/jobs/{id}", Member, "Jobs", "How far a job is", &[], 200),
    r("delete", "/api/v1/jobs/{id}", Member, "Jobs", "Cancel a job", &[], 200),
    r("post", "/api/v1/jobs/{id}/retry", Member, "Jobs", "Run a failed job again", &[], 200),
    r(
        "get",
        "/api/v1/changes",
        Member,
        "Change log",
        "Change sets, newest first; one's own without `audit.view`",
        &[],
        200,
    ),
    r("get", "/api/v1/changes/{id}", Member, "Change log", "One change set with its entries", &[], 200),
    r(
        "post",
        "/api/v1/changes/{id}/undo",
        Member,
        "Change log",
        "Take a change set back, or a part of it",
        &[("records", "array", false), ("fields", "array", false)],
        200,
    ),
    r("get", "/api/v1/merges", Member, "Change log", "Records that ended in others, newest first", &[], 200),
    r("delete", "/api/v1/merges/{id}", Member, "Change log", "Make merged records two again", &[], 200),
];

impl Fixed {
    pub fn operation(&self) -> Json {
        let mut op = json!({
            "operationId": self.operation_id(), "summary": self.summary, "tags": [self.tag],
            "responses": super::common(),
        });
        let names: Vec<&str> = self.path.split('{').skip(1).filter_map(|p| p.split('}').next()).collect();
        if !names.is_empty() {
            let one = |name: &&str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
            op["parameters"] = names.iter().map(one).collect();
        }
        if self.path == "/api/v1/search" {
            op["parameters"] = search();
        }
        if self.path == "/api/v1/model" {
            op["parameters"] = json!([super::reference("If-None-Match")]);
            op["responses"]["304"] = json!({ "description": "Nothing changed since the ETag." });
        }
        if !self.body.is_empty() {
            let properties: serde_json::Map<_, _> =
                self.body.iter().map(|(name, kind, _)| (name.to_string(), json!({ "type": kind }))).collect();
            let required: Vec<_> = self.body.iter().filter(|b| b.2).map(|b| b.0).collect();
            let mut schema = json!({ "type": "object", "properties": properties });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            op["requestBody"] = super::body(schema);
            super::write_faults(&mut op);
        }
        op["responses"][self.success.to_string()] = match self.success {
            204 => json!({ "description": "Done." }),
            _ => super::content("Done.", json!({})),
        };
        if self.path.ends_with("/content") {
            if let Some(parameters) = op["parameters"].as_array_mut() {
                parameters.extend(content());
            }
            op["responses"]["302"] = json!({ "description": "The bytes are there." });
        }
        if self.path.ends_with("/completion") {
            op["responses"]["200"] = super::content("It had been completed before.", json!({}));
            op["responses"]["409"] = super::fault();
        }
        match self.guard {
            Guard::Open => op["security"] = json!([]),
            Guard::Member => {}
            Guard::Right(right) => op["x-right"] = json!(right),
        }
        if self.path.ends_with("health") || self.path.ends_with("healthz") {
            op["responses"]["503"] = super::content("A service that Kontor needs is down.", json!({}));
        }
        if self.path.contains("/undo") || (self.path.contains("/jobs/{id}") && self.method != "get") {
            op["responses"]["409"] = super::fault();
        }
        op
    }

    fn operation_id(&self) -> String {
        let path = self.path.trim_start_matches("/api/v1");
        let words: Vec<_> =
            path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        format!("{}_{}", self.method, if words.is_empty() { "about".into() } else { words.join("_") })
    }
}

fn content() -> [Json; 2] {
    let one = |name: &str, about: &str, schema: Json| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    [
        one("inline", "To be shown, where the type is harmless.", json!({ "type": "boolean" })),
        one("as", "The address as JSON.", json!({ "type": "string", "enum": ["link"] })),
    ]
}

fn search() -> Json {
    let one = |name: &str, about: &str, schema: Json, required: bool| json!({ "name": name, "in": "query", "description": about, "schema": schema, "required": required });
    json!([
        one("q", "What is looked for.", json!({ "type": "string", "minLength": 1, "maxLength": 100 }), true),
        one(
            "objects",
            "Names of objects, separated by commas; all of them unless told.",
            json!({ "type": "string" }),
            false
        ),
        one(
            "limit",
            "Finds at most, 20 unless told.",
            json!({ "type": "integer", "minimum": 1, "maximum": 50 }),
            false
        ),
        one("archived", "Whether archived records are found.", json!({ "type": "boolean" }), false),
    ])
}
