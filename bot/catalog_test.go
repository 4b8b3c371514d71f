package bot

import (
	"github.com/plexorbot/plexor/investigations"
	"github.com/plexorbot/plexor/investigations/probe"
)

func testCatalog() investigations.Catalog { return probe.Catalog() }
