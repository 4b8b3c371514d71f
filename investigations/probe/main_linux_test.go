package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// This test binary serves tests as a helper, in a process of its own: to be in
// a network namespace, a whole process has to be there.
const (
	helperRequest = "PROBE_TEST_REQUEST" // carry out one request and print its answer
	helperListen  = "PROBE_TEST_LISTEN"  // listen until standard input ends
	helperHold    = "PROBE_TEST_HOLD"    // connect, and stay, until standard input ends
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(helperRequest) != "":
		err = helpRequest(os.Getenv(helperRequest))
	case os.Getenv(helperListen) != "":
		err = helpListen(os.Getenv(helperListen))
	case os.Getenv(helperHold) != "":
		err = helpHold(os.Getenv(helperHold))
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// helpRequest prints "armed" once a watch is armed, and the answer at the end.
// Its standard input ends when a watch has seen enough.
func helpRequest(raw string) error {
	var r investigations.Request
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return err
	}
	finish := make(chan struct{})
	r.Finish = finish
	r.Armed = func() { fmt.Println("armed") }
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(finish)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var s Set
	return json.NewEncoder(os.Stdout).Encode(s.Run(ctx, r))
}
