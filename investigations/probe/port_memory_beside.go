package probe

import "slices"

// beside notes which ports a unit holds at the same time: what it goes on
// listening on is no new place for a port that it dropped.
func (m *PortMemory) beside() {
	units := map[string][]uint16{}
	for port, h := range m.ports {
		if h.Now && h.Unit != "" {
			units[h.Unit] = append(units[h.Unit], port)
		}
	}
	for _, ports := range units {
		slices.Sort(ports)
		for _, port := range ports {
			h := m.ports[port]
			for _, other := range ports {
				i, known := slices.BinarySearch(h.Beside, other)
				if other != port && !known && len(h.Beside) < memoryBeside {
					h.Beside = slices.Insert(slices.Clone(h.Beside), i, other)
				}
			}
		}
	}
}
