// Package picture draws what targets were over time: a strip for each target's
// state, and connect times with their percentiles. A picture is a card with a
// background of its own, so that it reads the same on light and on dark, and no
// state is told by colour alone.
package picture
