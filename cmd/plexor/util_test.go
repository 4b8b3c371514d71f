package main

import "io"

func readAll(r io.Reader) string {
	text, _ := io.ReadAll(r)
	return string(text)
}
