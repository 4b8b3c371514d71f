package expr

import (
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/parser"
)

// quick parses by CEL's second parser, which is written by hand and many times
// faster than the first. Its messages are other ones, and it is young: it is
// for expressions that both are known to read alike.
type quick struct {
	parser  *parser.Parser
	checker *checker.Env
}

// parserOptions are those that a cel.Env of ours gives to its parser.
func parserOptions(macros []parser.Macro) []parser.Option {
	return []parser.Option{
		parser.Macros(macros...), parser.ExpressionSizeCodePointLimit(maxLength), parser.MaxRecursionDepth(maxDepth),
	}
}

// newQuick makes a parser and a checker for the names and types of e; nil if
// it can't be done.
func newQuick(e *Env) *quick {
	p, err := parser.NewParser(append(parserOptions(e.cel.Macros()), parser.EnablePrattParser(true))...)
	if err != nil {
		return nil
	}
	c, err := checker.NewEnv(e.cel.Container, e.types)
	if err != nil || c.AddIdents(e.cel.Variables()...) != nil {
		return nil
	}
	for _, f := range e.cel.Functions() {
		if !f.IsDeclarationDisabled() && c.AddFunctions(f) != nil {
			return nil
		}
	}
	return &quick{p, c}
}

// check gives the tree of an expression with its types, nil if it has mistakes:
// what they are the other parser says better.
func (q *quick) check(src string) *ast.AST {
	text := common.NewTextSource(src)
	parsed, errs := q.parser.Parse(text)
	if len(errs.GetErrors()) > 0 {
		return nil
	}
	checked, errs := checker.Check(parsed, text, q.checker)
	if len(errs.GetErrors()) > 0 {
		return nil
	}
	return checked
}
