//go:build !linux

package main

import "errors"

// hang needs a backlog of one, which only Linux's sockets are asked for here.
func hang(int) (backend, error) { return backend{}, errors.New("not available on " + goos) }
