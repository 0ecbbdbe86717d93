//! Sample data: objects, fields and roles that it names.
use super::Check;
use crate::load::Blueprint;

pub fn check(check: &mut Check<'_>, blueprint: &Blueprint) {
    let (Some(demo), Some(at)) = (&blueprint.demo, &blueprint.demo_at) else { return };
    for (i, member) in demo.members.iter().enumerate() {
        super::pipelines::known_role(check, &member.role, &at.key("members").index(i).key("role"));
    }
}
