<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
<renderer-v2 type="categorizedSymbol" attr="layer" enableorderby="0" forceraster="0">
<categories>
<category value="river" symbol="0" label="River" render="true"/>
<category value="" symbol="1" label="Street" render="true"/>
</categories>
<symbols>
<symbol name="0" type="line" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleLine" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="line_color" value="@water" type="QString"/>
<Option name="line_width" value="1.2" type="QString"/>
<Option name="line_width_unit" value="MM" type="QString"/>
</Option>
</layer>
</symbol>
<symbol name="1" type="line" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleLine" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="line_color" value="@road" type="QString"/>
<Option name="line_width" value="0.4" type="QString"/>
<Option name="line_width_unit" value="MM" type="QString"/>
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName="name" isExpression="0" fontSize="6" fontSizeUnit="Point" fontWeight="50" textColor="@text">
<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="@halo"/>
</text-style>
</settings>
</labeling>
</qgis>
