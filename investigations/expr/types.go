package expr

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var timeType = reflect.TypeFor[time.Time]()

// structType is one Go struct as the language sees it: fields by json name.
type structType struct {
	goType reflect.Type
	celTyp *types.Type
	names  []string // json names in the struct's order
	fields map[string]*types.FieldType
}

// provider gives the types of Go structs to CEL's checker, and reads their
// fields. What it does not know it leaves to CEL's own registry.
type provider struct {
	*types.Registry
	structs map[string]*structType
}

func newProvider() (*provider, error) {
	r, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("making the type registry: %w", err)
	}
	return &provider{Registry: r, structs: map[string]*structType{}}, nil
}

// typeOf gives the CEL type of a Go type, and registers the structs in it.
func (p *provider) typeOf(t reflect.Type) (*types.Type, error) {
	switch t.Kind() {
	case reflect.Pointer:
		return p.typeOf(t.Elem())
	case reflect.Bool:
		return types.BoolType, nil
	case reflect.Int64, reflect.Int:
		return types.IntType, nil
	case reflect.Float64:
		return types.DoubleType, nil
	case reflect.String:
		return types.StringType, nil
	case reflect.Slice:
		elem, err := p.typeOf(t.Elem())
		if err != nil {
			return nil, err
		}
		return types.NewListType(elem), nil
	case reflect.Map:
		return p.mapType(t)
	case reflect.Interface:
		return types.DynType, nil // decoded JSON
	case reflect.Struct:
		if t == timeType {
			return types.TimestampType, nil
		}
		return p.structTypeOf(t)
	}
	return nil, fmt.Errorf("%s: plans have no such type", t)
}

func (p *provider) mapType(t reflect.Type) (*types.Type, error) {
	if t.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%s: keys of maps are strings", t)
	}
	elem, err := p.typeOf(t.Elem())
	if err != nil {
		return nil, err
	}
	return types.NewMapType(types.StringType, elem), nil
}

func (p *provider) structTypeOf(t reflect.Type) (*types.Type, error) {
	name := typeName(t)
	if s, ok := p.structs[name]; ok {
		return s.celTyp, nil
	}
	s := &structType{goType: t, celTyp: types.NewObjectType(name), fields: map[string]*types.FieldType{}}
	p.structs[name] = s
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		ft, err := p.typeOf(f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s of %s: %w", name, t, err)
		}
		s.names = append(s.names, name)
		s.fields[name] = fieldType(ft, name, i)
	}
	return s.celTyp, nil
}

// typeName names a struct in CEL; anonymous ones (lists of facts with the
// runner that each came from) by their fields.
func typeName(t reflect.Type) string {
	if t.Name() != "" {
		return t.String()
	}
	var b strings.Builder
	b.WriteString("struct")
	for f := range t.Fields() {
		b.WriteString("_" + f.Name + "_" + f.Type.String())
	}
	return b.String()
}

func fieldType(t *types.Type, name string, index int) *types.FieldType {
	return &types.FieldType{
		Type: t,
		IsSet: func(target any) bool {
			o, ok := target.(*object)
			return ok && o.has(name, index)
		},
		GetFrom: func(target any) (any, error) {
			switch o := target.(type) {
			case *object:
				return o.field(name, index), nil
			case *types.Unknown:
				return o, nil
			}
			return nil, fmt.Errorf("no field %s in %T", name, target)
		},
	}
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if s, ok := p.structs[name]; ok {
		return types.NewTypeTypeWithParam(s.celTyp), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if s, ok := p.structs[name]; ok {
		return s.names, true
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if s, ok := p.structs[name]; ok {
		f, ok := s.fields[field]
		return f, ok
	}
	return p.Registry.FindStructFieldType(name, field)
}

// NewValue implements types.Provider: facts come from probes, never from plans.
func (p *provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := p.structs[name]; ok {
		return types.NewErr("%s cannot be made in a plan", name)
	}
	return p.Registry.NewValue(name, fields)
}
