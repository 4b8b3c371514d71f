package expr

// Nearest gives the name that a mistyped one probably stands for, or "".
func Nearest(name string, among []string) string {
	best, limit := "", 1+len(name)/3
	for _, n := range among {
		if d := distance(name, n); d <= limit {
			best, limit = n, d-1
		}
	}
	return best
}

func didYouMean(prefix, name string, among []string) string {
	if n := Nearest(name, among); n != "" {
		return "did you mean " + prefix + n + "?"
	}
	return ""
}

// distance is the number of letters to add, drop, change or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
