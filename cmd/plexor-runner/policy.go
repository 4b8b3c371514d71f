package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path"

	"github.com/plexorbot/plexor/investigations/runner/agent"
	"go.yaml.in/yaml/v3"
)

// policyFile is the form of a policy file.
type policyFile struct {
	Probes  lists `yaml:"probes"`
	Targets lists `yaml:"targets"`
}

type lists struct {
	Allow yaml.Node `yaml:"allow"`
	Deny  yaml.Node `yaml:"deny"`
}

// readPolicy reads a policy file strictly; without a name it is the policy that
// allows what may be allowed.
func readPolicy(name string) (agent.Policy, error) {
	if name == "" {
		return agent.Policy{}, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return agent.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	p, err := decodePolicy(data)
	if err != nil {
		return agent.Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return p, nil
}

func decodePolicy(data []byte) (agent.Policy, error) {
	var f policyFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); errors.Is(err, io.EOF) {
		return agent.Policy{}, errors.New("it is empty: what is allowed?")
	} else if err != nil {
		return agent.Policy{}, err
	}
	if dec.Decode(new(any)) != io.EOF {
		return agent.Policy{}, errors.New("more than one YAML document")
	}
	var p agent.Policy
	var errs [4]error
	p.Probes, errs[0] = list(f.Probes.Allow, pattern)
	p.NoProbes, errs[1] = list(f.Probes.Deny, pattern)
	p.Targets, errs[2] = list(f.Targets.Allow, prefix)
	p.NoTargets, errs[3] = list(f.Targets.Deny, prefix)
	return p, errors.Join(errs[:]...)
}

// list reads a list that is there and not empty: allow with nothing in it could
// be meant either way.
func list[T any](n yaml.Node, read func(string) (T, error)) ([]T, error) {
	if n.Kind == 0 {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return nil, fmt.Errorf("line %d, column %d: a list with at least one entry; leave it out to say nothing", n.Line, n.Column)
	}
	var all []T
	for _, e := range n.Content {
		v, err := read(e.Value)
		if e.Kind != yaml.ScalarNode {
			err = errors.New("not one word")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d, column %d: %w", e.Line, e.Column, err)
		}
		all = append(all, v)
	}
	return all, nil
}

func pattern(s string) (string, error) {
	if _, err := path.Match(s, ""); err != nil || s == "" {
		return "", fmt.Errorf("%q is not the name of a probe, or a pattern such as tcp.*", s)
	}
	return s, nil
}

func prefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is not an address or a network such as 10.0.0.0/8", s)
	}
	return netip.PrefixFrom(ip, ip.BitLen()), nil
}
