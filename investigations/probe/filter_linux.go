package probe

import (
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// filterStep is a line of a packet filter (bpf(2), the classic one): an
// instruction, or a test with the labels to go on at; "" is the next line.
type filterStep struct {
	label   string // of this line
	do      bpf.Instruction
	test    bpf.JumpTest
	value   uint32
	yes, no string
}

const (
	accept   = "accept"
	reject   = "reject"
	wholeLen = 0x40000 // of a packet that is let through
)

// assemble turns steps into a filter that ends in accept and reject.
func assemble(steps []filterStep) []bpf.Instruction {
	steps = append(steps,
		filterStep{label: accept, do: bpf.RetConstant{Val: wholeLen}},
		filterStep{label: reject, do: bpf.RetConstant{Val: 0}})
	at := map[string]int{}
	for i, s := range steps {
		at[s.label] = i
	}
	program := make([]bpf.Instruction, len(steps))
	for i, s := range steps {
		skip := func(label string) uint8 {
			if label == "" {
				return 0
			}
			return uint8(at[label] - i - 1)
		}
		if program[i] = s.do; s.do == nil {
			program[i] = bpf.JumpIf{Cond: s.test, Val: s.value, SkipTrue: skip(s.yes), SkipFalse: skip(s.no)}
		}
	}
	return program
}

// captureFilter lets TCP resets through, SYNs to or from the port, and ICMP
// errors; its packets begin at the network header.
func captureFilter(port uint16) []bpf.Instruction {
	tcp := func(label string, header bpf.Instruction) []filterStep {
		return []filterStep{
			{label: label, do: header}, // X: where the TCP header begins
			{do: bpf.LoadIndirect{Off: 13, Size: 1}},
			{test: bpf.JumpBitsSet, value: flagRST, yes: accept},
			{test: bpf.JumpBitsSet, value: flagSYN, no: reject},
			{do: bpf.LoadIndirect{Off: 0, Size: 2}},
			{test: bpf.JumpEqual, value: uint32(port), yes: accept},
			{do: bpf.LoadIndirect{Off: 2, Size: 2}},
			{test: bpf.JumpEqual, value: uint32(port), yes: accept, no: reject},
		}
	}
	steps := []filterStep{
		{do: bpf.LoadAbsolute{Off: 0, Size: 1}},
		{do: bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4}},
		{test: bpf.JumpEqual, value: 6, yes: "ipv6"},
		{test: bpf.JumpEqual, value: 4, no: reject},
		{do: bpf.LoadAbsolute{Off: 6, Size: 2}},
		{test: bpf.JumpBitsSet, value: 0x1fff, yes: reject}, // a later fragment
		{do: bpf.LoadAbsolute{Off: 9, Size: 1}},
		{test: bpf.JumpEqual, value: protoTCP, yes: "tcp"},
		{test: bpf.JumpEqual, value: protoICMP, no: reject},
		{do: bpf.LoadMemShift{Off: 0}},
		{do: bpf.LoadIndirect{Off: 0, Size: 1}},
		{test: bpf.JumpEqual, value: icmpUnreachable, yes: accept},
		{test: bpf.JumpEqual, value: icmpTimeExceeded, yes: accept, no: reject},
	}
	steps = append(steps, tcp("tcp", bpf.LoadMemShift{Off: 0})...)
	steps = append(steps,
		filterStep{label: "ipv6", do: bpf.LoadAbsolute{Off: 6, Size: 1}}, // next header
		filterStep{test: bpf.JumpEqual, value: protoTCP, yes: "tcp6"},
		filterStep{test: bpf.JumpEqual, value: protoICMPv6, no: reject},
		filterStep{do: bpf.LoadAbsolute{Off: 40, Size: 1}},
		filterStep{test: bpf.JumpEqual, value: icmp6Unreachable, yes: accept},
		filterStep{test: bpf.JumpEqual, value: icmp6TimeExceed, yes: accept, no: reject})
	steps = append(steps, tcp("tcp6", bpf.LoadConstant{Dst: bpf.RegX, Val: 40})...)
	return assemble(steps)
}

// loopbackIndex is the index of lo in every network namespace (LOOPBACK_IFINDEX,
// include/net/flow.h).
const loopbackIndex = 1

// resetFilter lets only resets from a port through, that came in on lo or that
// did not. header puts the offset of the TCP header into X: raw IPv4 sockets
// see the IP header, IPv6 ones do not. The interface is asked for here since a
// raw socket's in_pktinfo names that of the route, not of the packet.
func resetFilter(port uint16, header bpf.Instruction, onLoopback bool) []bpf.Instruction {
	interfaceTest := bpf.JumpNotEqual
	if onLoopback {
		interfaceTest = bpf.JumpEqual
	}
	return assemble([]filterStep{
		{do: bpf.LoadExtension{Num: bpf.ExtInterfaceIndex}},
		{test: interfaceTest, value: loopbackIndex, no: reject},
		{do: header},
		{do: bpf.LoadIndirect{Off: 13, Size: 1}},
		{test: bpf.JumpBitsSet, value: flagRST, no: reject},
		{do: bpf.LoadIndirect{Off: 0, Size: 2}},
		{test: bpf.JumpEqual, value: uint32(port), yes: accept, no: reject},
	})
}

// attachFilter gives a socket its packet filter (SO_ATTACH_FILTER, socket(7)).
func attachFilter(fd int, filter []bpf.Instruction) error {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return fmt.Errorf("assemble a packet filter: %w", err)
	}
	program := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err != nil {
		return fmt.Errorf("attach a packet filter: %w", err)
	}
	return nil
}
