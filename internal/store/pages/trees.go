package pages

import "encoding/binary"

// Trees returns of each page to which tree it belongs, going down from the root
// of each tree as far as pages hold. A page that two trees claim belongs to "".
// Twice holds those that one tree leads to twice: a page above stands where
// another should.
func (m *Image) Trees(roots map[string]uint32) (owners map[uint32]string, twice []uint32) {
	owners = map[uint32]string{}
	for name, root := range roots {
		seen := map[uint32]bool{}
		for todo := []uint32{root}; len(todo) > 0; {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if n == 0 || n > mostPages {
				continue
			}
			if seen[n] {
				twice = append(twice, n)
				continue
			}
			seen[n] = true
			if owner, claimed := owners[n]; claimed && owner != name {
				owners[n] = ""
			} else {
				owners[n] = name
			}
			if node, ok := m.Node(n); ok {
				todo = append(todo, node.Children...)
			}
		}
	}
	return owners, twice
}

// Free returns the pages that hold nothing any more, as far as the list of them
// can be read; whole reports whether it can be to its end.
func (m *Image) Free() (free map[uint32]bool, whole bool) {
	free = map[uint32]bool{}
	if m.header == nil {
		return free, false
	}
	for trunk := binary.BigEndian.Uint32(m.header[32:]); trunk > 0 && !free[trunk]; {
		page := m.Page(trunk)
		if page == nil {
			break
		}
		free[trunk] = true
		listed := binary.BigEndian.Uint32(page[4:])
		if listed > uint32(len(page)/4-2) {
			break
		}
		for i := range listed {
			free[binary.BigEndian.Uint32(page[8+4*i:])] = true
		}
		trunk = binary.BigEndian.Uint32(page)
	}
	return free, uint32(len(free)) == binary.BigEndian.Uint32(m.header[36:])
}
