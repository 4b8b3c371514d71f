package expr

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// maxList bounds the lists that expressions walk; a longer one is unknown.
const maxList = 4096

// object is a Go struct as a CEL value. It knows its path, so that a fact that
// is lacking, or that a result rested on, can be named.
type object struct {
	v    reflect.Value
	path string
	from *Values
}

// field reads one field: unknown if it is unset.
func (o *object) field(name string, index int) ref.Val {
	return o.from.read(o.path+"."+name, o.v.Field(index))
}

// has reports whether a field was established. A result that asked rests on it:
// which way the expression went hangs on the answer.
func (o *object) has(name string, index int) bool {
	f := o.v.Field(index)
	if o.from.reads != nil && isSet(f) {
		path := o.path + "." + name
		if v := o.from.value(path, f); !isObject(v) {
			*o.from.reads = append(*o.from.reads, read{path, v, true})
		}
	}
	return isSet(f)
}

func isObject(v ref.Val) bool {
	_, ok := v.(*object)
	return ok
}

// ConvertToNative implements ref.Val.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	if o.v.Type() == t {
		return o.v.Interface(), nil
	}
	return nil, fmt.Errorf("%s is no %s", o.v.Type(), t)
}

// ConvertToType implements ref.Val: as a string, an object is what its Go type
// says it is.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if s, ok := o.v.Interface().(fmt.Stringer); ok && t == types.StringType {
		return types.String(s.String())
	}
	return types.NewErr("%s cannot be turned into %s", typeName(o.v.Type()), t.TypeName())
}

// Equal implements ref.Val.
func (o *object) Equal(other ref.Val) ref.Val {
	p, ok := other.(*object)
	return types.Bool(ok && reflect.DeepEqual(o.v.Interface(), p.v.Interface()))
}

// Type implements ref.Val.
func (o *object) Type() ref.Type { return types.NewObjectType(typeName(o.v.Type())) }

// Value implements ref.Val.
func (o *object) Value() any { return o }

// isSet reports whether a field holds a fact.
func isSet(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return !v.IsNil()
	}
	return v.IsValid()
}

// unknown is the value of a fact that was not established.
func unknown(path string) *types.Unknown {
	return types.NewUnknown(1, types.NewAttributeTrail(path))
}

// value turns a Go value into a CEL value.
func (s *Values) value(path string, v reflect.Value) ref.Val {
	if !isSet(v) {
		return unknown(path)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return s.value(path, v.Elem())
	case reflect.Bool:
		return types.Bool(v.Bool())
	case reflect.Int64, reflect.Int:
		return types.Int(v.Int())
	case reflect.Float64:
		return types.Double(v.Float())
	case reflect.String:
		return types.String(v.String())
	case reflect.Slice:
		return s.list(path, v)
	case reflect.Map:
		return types.DefaultTypeAdapter.NativeToValue(v.Interface())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return types.Timestamp{Time: t}
		}
		return &object{v: v, path: path, from: s}
	}
	return types.NewErr("%s: plans have no type for %s", path, v.Type())
}

func (s *Values) list(path string, v reflect.Value) ref.Val {
	if v.Len() > maxList {
		s.why(path, fmt.Sprintf("more than %d entries", maxList))
		return unknown(path)
	}
	elems := make([]ref.Val, v.Len())
	for i := range elems {
		elems[i] = s.value(path+"["+strconv.Itoa(i)+"]", v.Index(i))
	}
	return types.NewRefValList(types.DefaultTypeAdapter, elems)
}

// native turns a CEL value into a plain Go value: bool, int64, float64, string,
// time.Time, []any, map[string]any, or the Go struct behind an object.
func native(v ref.Val) any {
	switch x := v.(type) {
	case types.Bool, types.Int, types.Double, types.String, types.Timestamp:
		return x.Value()
	case *object:
		return x.v.Interface()
	case types.Duration:
		return x.Duration.String()
	case interface {
		Size() ref.Val
		Get(ref.Val) ref.Val
	}:
		if v.Type() != types.ListType {
			return v.Value()
		}
		n, _ := x.Size().(types.Int)
		out := make([]any, 0, n)
		for i := types.Int(0); i < n; i++ {
			out = append(out, native(x.Get(i)))
		}
		return out
	}
	return v.Value()
}
