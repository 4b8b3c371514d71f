// Package awsapi asks AWS which targets stand behind a load balancer: an alarm
// of CloudWatch names a target group and no host. It is the only package that
// imports the AWS SDK, and it only reads.
package awsapi
