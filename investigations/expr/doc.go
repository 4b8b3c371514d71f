// Package expr is the expression language of plans: CEL (the Common Expression
// Language, https://cel.dev) over Go structs whose unset fields are facts that
// nobody has established. It is the only package that imports CEL.
//
// Logic is three-valued. An unset pointer, slice or map is unknown; unknown
// spreads through whatever needs it and stops at "false &&", "true ||" and the
// branch of "?:" that is not taken; a result names the facts that it lacks. An
// evaluation error (a missing key, an index out of range) counts as unknown,
// with its reason. has(x.f) asks whether x.f was established.
package expr
