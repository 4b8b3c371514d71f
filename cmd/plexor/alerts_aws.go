package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/plexorbot/plexor/bot/awsapi"
)

func (c awsConfig) check() error {
	switch c.Lookup {
	case "", "on", "off", "auto":
	default:
		return fmt.Errorf("lookup: it is on, off or auto, not %q", c.Lookup)
	}
	u, err := url.Parse(c.Endpoint)
	if c.Endpoint != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		return errors.New("endpoint: it is a URL such as https://vpce-0123.elasticloadbalancing.eu-west-1.vpce.amazonaws.com")
	}
	return nil
}

// lookup asks which targets stand behind what an alarm names.
type lookup func(ctx context.Context, arns []string) (targets []string, about string, err error)

// targetLookup is the way to ask AWS for targets, nil where it is not to be
// asked.
func targetLookup(c awsConfig, log *slog.Logger) (lookup, error) {
	if c.Lookup == "off" || c.Lookup != "on" && !awsCredentials(c) {
		return nil, nil
	}
	client, err := awsapi.New(context.Background(), awsapi.Options{Profile: c.Profile, Instance: c.Lookup == "on", Endpoint: strings.TrimSuffix(c.Endpoint, "/")})
	if err != nil {
		return nil, err
	}
	log.Info("alarms that name a target group are looked up at AWS")
	return func(ctx context.Context, arns []string) (targets []string, about string, err error) {
		return allTargets(ctx, client, arns)
	}, nil
}

// allTargets asks about each ARN; what one of them gives is enough.
func allTargets(ctx context.Context, client *awsapi.Client, arns []string) (targets []string, about string, err error) {
	var said []string
	var errs []error
	for _, arn := range arns {
		found, err := client.Targets(ctx, arn)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		targets = append(targets, found.Targets...)
		said = append(said, found.About)
	}
	if len(said) > 0 {
		return targets, strings.Join(said, "; "), nil
	}
	return nil, "", errors.Join(errs...)
}

// awsCredentials reports whether this machine gives credentials for AWS, as
// far as that is seen without asking anybody.
func awsCredentials(c awsConfig) bool {
	if c.Profile != "" {
		return true
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	file := os.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	if home, err := os.UserHomeDir(); file == "" && err == nil {
		file = filepath.Join(home, ".aws", "credentials")
	}
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}
