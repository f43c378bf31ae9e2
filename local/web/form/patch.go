package form

// patch collects operations, and what the data are after them.
type patch struct {
	data       any
	operations []Operation
}

func newPatch(s State) patch {
	if s.Data == nil {
		return patch{data: map[string]any{}}
	}
	return patch{data: s.Data}
}

// set puts a value at a path and makes the groups and rows on the way that are
// not there yet. Nil takes the value away.
func (p *patch) set(path string, value any) {
	way := steps(path)
	last := len(way) - 1
	if value == nil {
		if at(p.data, path) != nil {
			p.apply("remove", way, nil)
		}
		return
	}
	for n := range last {
		if way[n+1].isIndex {
			p.lengthen(way[:n+1], way[n+1].index)
		} else if lookUp(p.data, way[:n+1]) == nil {
			p.apply("add", way[:n+1], map[string]any{})
		}
	}
	p.apply("add", way, value)
}

// lengthen makes a list long enough to have an element with an index. The
// element itself is made after that.
func (p *patch) lengthen(list []step, index int) {
	elements, ok := lookUp(p.data, list).([]any)
	if !ok {
		p.apply("add", list, []any{})
	}
	for n := len(elements); n < index; n++ {
		p.apply("add", append(list[:len(list):len(list)], step{index: n, isIndex: true}), map[string]any{})
	}
}

// apply notes an operation and does it to the data, whose containers on the way
// are there.
func (p *patch) apply(op string, way []step, value any) {
	if p.operations == nil {
		p.data = clone(p.data)
	}
	p.operations = append(p.operations, Operation{Op: op, Path: pointer(way), Value: value})
	p.data = changed(p.data, way, clone(value))
}

// changed puts a value into data, and returns them.
func changed(data any, way []step, value any) any {
	if len(way) == 0 {
		return value
	}
	switch d := data.(type) {
	case map[string]any:
		d[way[0].name] = changed(d[way[0].name], way[1:], value)
	case []any:
		if way[0].index == len(d) {
			d = append(d, nil)
		}
		d[way[0].index] = changed(d[way[0].index], way[1:], value)
		return d
	}
	return data
}
