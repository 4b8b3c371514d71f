package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/plexorbot/plexor/investigations"
)

// This test binary serves tests as a helper, in a process of its own: to be in
// a network namespace, a whole process has to be there.
const (
	helperAgent  = "PROBE_TEST_AGENT"  // carry out requests; "nobody": without privileges
	helperListen = "PROBE_TEST_LISTEN" // listen until standard input ends
	helperHold   = "PROBE_TEST_HOLD"   // connect, and stay, until standard input ends
	helperDNS    = "PROBE_TEST_DNS"    // answer DNS questions until standard input ends
)

func TestMain(m *testing.M) {
	for variable, help := range map[string]func(string) error{
		helperAgent: helpAgent, helperListen: helpListen, helperHold: helpHold, helperDNS: helpDNS,
	} {
		value := os.Getenv(variable)
		if value == "" {
			continue
		}
		if err := help(value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// finishLine ends a watch; any other line is a request.
const finishLine = "finish"

// helpAgent carries out the requests that come in, a line each. It prints
// "armed" once a watch is armed, and each answer.
func helpAgent(as string) error {
	if as == "nobody" {
		if err := becomeNobody(); err != nil {
			return err
		}
	}
	lines := make(chan string)
	go func() {
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			lines <- in.Text()
		}
		close(lines)
	}()
	for line := range lines {
		if line == finishLine {
			continue // of a watch that has ended by itself
		}
		var r investigations.Request
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return err
		}
		answer := make(chan investigations.Answer, 1)
		finish := make(chan struct{})
		r.Finish, r.Armed = finish, func() { fmt.Println("armed") }
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			answer <- new(Set).Run(ctx, r)
		}()
		select {
		case a := <-answer:
			json.NewEncoder(os.Stdout).Encode(a)
			continue
		case <-lines:
			close(finish)
		}
		json.NewEncoder(os.Stdout).Encode(<-answer)
	}
	return nil
}

// becomeNobody gives up root, and with it every capability.
func becomeNobody() error {
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setresgid(65534, 65534, 65534); err != nil {
		return err
	}
	return syscall.Setresuid(65534, 65534, 65534)
}
