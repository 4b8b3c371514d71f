package lab

// expectation is what the bot must say of a fault besides its cause.
type expectation struct {
	// names are texts of the remedies' commands and explanations: the file, the
	// directive, the address or the hop where it is to be mended.
	names []string
	// fix is which of several fixes is carried out.
	fix int
	// candidates are the causes that stay open, where none is proved.
	candidates []string
}

var expected = map[string]expectation{}
