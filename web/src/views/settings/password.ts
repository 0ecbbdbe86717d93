// What a new password must be. A firm may ask for more characters; the server says so then.
export const RULES = ["length", "upper", "lower", "digit", "special", "match"] as const;
export type Rule = (typeof RULES)[number];

/** The rules that hold for what is typed. */
export function kept(password: string, confirmation: string): Set<Rule> {
  const holds: Record<Rule, boolean> = {
    length: [...password].length >= 12,
    upper: /\p{Lu}/u.test(password),
    lower: /\p{Ll}/u.test(password),
    digit: /[0-9]/.test(password),
    special: /[^\p{L}\p{N}\s]/u.test(password),
    match: password !== "" && password === confirmation,
  };
  return new Set(RULES.filter((rule) => holds[rule]));
}
